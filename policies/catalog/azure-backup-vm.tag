# Azure VM backup, as seen from inside the guest. The snapshot travels over the Azure fabric:
# a current VM agent needs no name and no address opened. What it does need is the host channel
# on 168.63.129.16, and that must never meet a proxy, so it stands here as `direct` and opens
# nothing. The Storage entries are the state of 2018, kept for very old agents.
# From Microsoft's backup and VM agent pages of 2018; the port 32526 from a newer list.

tag AzureBackupVM {
	# With +optional.
	entry *.blob.core.windows.net https:443 optional
		"proxy form of the 2018 Storage opening; a current VM agent does without" source "azure-docs: articles/backup/backup-azure-arm-vms-prepare.md" as-of 2018-10-09;

	# The address form, with +optional.
	entry service-tag:Storage.${region} tcp:443 optional
		"regional Storage for the snapshot extension, as of 2018; today's agent needs no opening" source "Azure documentation, outbound rules for Azure Backup" as-of 2018-10-09;

	# Never through a proxy: shown, opens nothing.
	entry 168.63.129.16 tcp:80,32526 direct
		"host channel of the VM agent and its extensions; must bypass every proxy" source "azure-docs: articles/virtual-machines/extensions/features-linux.md (port 32526: AVD required-endpoint list)" as-of 2018-03-30;
}
