# The subnet AzureBastionSubnet itself, never a VM: a VM that is reached through Bastion needs no egress
# at all, nor does just-in-time access. Its rules have no names, so the address form is the needed one.
# From the Bastion security group page of 2020-02-03.

tag AzureBastion {
	entry service-tag:AzureCloud tcp:443
		"from AzureBastionSubnet: diagnostics and metering; has no regional form" source "azure-docs: articles/bastion/bastion-nsg.md" as-of 2020-02-03;

	# Never through a proxy: shown, opens nothing.
	entry service-tag:VirtualNetwork tcp:22,3389 direct
		"from AzureBastionSubnet to the VMs behind it, private addresses" source "azure-docs: articles/bastion/bastion-nsg.md" as-of 2020-02-03;
}
