# Activation of Windows VMs by Azure's key management service on tcp 1688. No proxy setting reaches
# it: route this port through the transparent listener, or let the VM go out by itself. The request must
# leave from a public address of Azure, or the service refuses. Both names and addresses are listed.
# From the KMS routing page of 2024-07-17. Profiles: government, china.

tag WindowsActivation {
	entry azkms.core.windows.net tcp:1688
		"activation (KMS); must leave from an Azure public address" source "SupportArticles-docs: support/azure/virtual-machines/windows/custom-routes-enable-kms-activation.md" as-of 2024-07-17;
	entry kms.core.windows.net   tcp:1688
		"activation, the older name, still listed" source "SupportArticles-docs: support/azure/virtual-machines/windows/custom-routes-enable-kms-activation.md" as-of 2024-07-17;
	entry 20.118.99.224          tcp:1688
		"address behind azkms.core.windows.net" source "SupportArticles-docs: support/azure/virtual-machines/windows/custom-routes-enable-kms-activation.md" as-of 2024-07-17;
	entry 40.83.235.53           tcp:1688
		"address behind azkms.core.windows.net" source "SupportArticles-docs: support/azure/virtual-machines/windows/custom-routes-enable-kms-activation.md" as-of 2024-07-17;
	entry 23.102.135.246         tcp:1688
		"address behind kms.core.windows.net" source "SupportArticles-docs: support/azure/virtual-machines/windows/custom-routes-enable-kms-activation.md" as-of 2024-07-17;

	# With +government.
	entry kms.core.usgovcloudapi.net   tcp:1688 profile government
		"activation in the US Government cloud" source "SupportArticles-docs: support/azure/virtual-machines/windows/custom-routes-enable-kms-activation.md" as-of 2024-07-17;
	entry azkms.core.usgovcloudapi.net tcp:1688 profile government
		"activation in the US Government cloud" source "SupportArticles-docs: support/azure/virtual-machines/windows/custom-routes-enable-kms-activation.md" as-of 2024-07-17;
	entry 23.97.0.13                   tcp:1688 profile government
		"activation in the US Government cloud" source "SupportArticles-docs: support/azure/virtual-machines/windows/custom-routes-enable-kms-activation.md" as-of 2024-07-17;
	entry 52.126.105.2                 tcp:1688 profile government
		"activation in the US Government cloud" source "SupportArticles-docs: support/azure/virtual-machines/windows/custom-routes-enable-kms-activation.md" as-of 2024-07-17;

	# With +china.
	entry azkms.core.chinacloudapi.cn tcp:1688 profile china
		"activation in the China cloud" source "SupportArticles-docs: support/azure/virtual-machines/windows/custom-routes-enable-kms-activation.md" as-of 2024-07-17;
	entry kms.core.chinacloudapi.cn   tcp:1688 profile china
		"activation in the China cloud" source "SupportArticles-docs: support/azure/virtual-machines/windows/custom-routes-enable-kms-activation.md" as-of 2024-07-17;
	entry 159.27.28.100               tcp:1688 profile china
		"activation in the China cloud" source "SupportArticles-docs: support/azure/virtual-machines/windows/custom-routes-enable-kms-activation.md" as-of 2024-07-17;
	entry 163.228.64.161              tcp:1688 profile china
		"activation in the China cloud" source "SupportArticles-docs: support/azure/virtual-machines/windows/custom-routes-enable-kms-activation.md" as-of 2024-07-17;
	entry 42.159.7.249                tcp:1688 profile china
		"activation in the China cloud" source "SupportArticles-docs: support/azure/virtual-machines/windows/custom-routes-enable-kms-activation.md" as-of 2024-07-17;

	# Never through a proxy: shown, opens nothing.
	entry service-tag:AzurePlatformLKM tcp:1688 optional direct
		"platform licensing; a network security group's word for blocking it, without published addresses" source "azure-docs: articles/virtual-network/service-tags-overview.md" as-of 2021-04-23;
}
