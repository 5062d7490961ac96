# The MARS agent (Microsoft Azure Recovery Services): files and folders of a Windows machine.
# Microsoft's own list is broad: *.microsoft.com, *.windows.net and *.blob.core.windows.net let the
# agent reach accounts of every other customer too. The agent cannot work without signing in to
# Entra ID, hence the include. `pod01-rec2` and port 3260 belong to AzureBackupFileRestore.
# From the MARS support matrix and network pages (2019 to 2021) and the private endpoint page.
# Profile: government.

tag AzureBackupMARS {
	include AzureActiveDirectory;

	entry www.msftncsi.com          http:80
		"Windows connectivity probe; plain HTTP, though the page puts its whole list on 443" source "azure-docs: articles/backup/backup-support-matrix-mars-agent.md" as-of 2019-08-30;
	entry www.msftconnecttest.com   http:80
		"connectivity probe of newer Windows" source "azure-docs: includes/backup-network-connectivity.md" as-of 2021-06-04;
	entry *.microsoft.com           https:443
		"agent: service, sign-in and storage in one broad name" source "azure-docs: includes/backup-network-connectivity.md" as-of 2021-06-04;
	entry *.windowsazure.com        https:443
		"agent: service, sign-in and storage in one broad name" source "azure-docs: includes/backup-network-connectivity.md" as-of 2021-06-04;
	entry *.microsoftonline.com     https:443
		"agent: service, sign-in and storage in one broad name" source "azure-docs: includes/backup-network-connectivity.md" as-of 2021-06-04;
	entry *.windows.net             https:443
		"agent: service, sign-in and storage in one broad name" source "azure-docs: includes/backup-network-connectivity.md" as-of 2021-06-04;
	entry *.blob.core.windows.net   https:443
		"backup data and queues" source "azure-docs: MABS offline and connectivity pages (same list plus storage names); azure-docs: articles/backup/backup-azure-private-endpoints-concept.md";
	entry *.queue.core.windows.net  https:443
		"backup data and queues" source "azure-docs: MABS offline and connectivity pages (same list plus storage names); azure-docs: articles/backup/backup-azure-private-endpoints-concept.md";
	entry *.blob.storage.azure.net  https:443
		"backup data and queues" source "azure-docs: MABS offline and connectivity pages (same list plus storage names); azure-docs: articles/backup/backup-azure-private-endpoints-concept.md";
	entry *.backup.windowsazure.com https:443
		"Azure Backup service; the narrow form of *.windowsazure.com" source "azure-docs: articles/backup/backup-azure-private-endpoints-concept.md";
	entry *.login.microsoft.com     https:443
		"Entra ID sign-in, beside the included AzureActiveDirectory" source "azure-docs: articles/backup/backup-azure-private-endpoints-concept.md";
	entry 20.190.128.0/18           tcp:443
		"Entra ID range that the MARS page lists" source "azure-docs: includes/backup-network-connectivity.md" as-of 2021-06-04;
	entry 40.126.0.0/18             tcp:443
		"Entra ID range that the MARS page lists" source "azure-docs: includes/backup-network-connectivity.md" as-of 2021-06-04;

	# With +optional.
	entry *.${geo}.backup.windowsazure.com             https:443 optional
		"Azure Backup service, one region" source "azure-docs: articles/backup/backup-azure-private-endpoints-concept.md";
	entry *.privatelink.${geo}.backup.windowsazure.com https:443 optional
		"vault with a private endpoint" source "azure-docs: articles/backup/backup-azure-private-endpoints-concept.md";
	entry download.microsoft.com                       https:443 optional
		"self-update of the MARS agent" source "azure-docs: articles/backup/backup-azure-private-endpoints-concept.md";

	# With +government.
	entry *.windowsazure.us    https:443 profile government
		"US Government cloud" source "azure-docs: includes/backup-network-connectivity.md" as-of 2021-06-04;
	entry *.microsoftonline.us https:443 profile government
		"US Government cloud" source "azure-docs: includes/backup-network-connectivity.md" as-of 2021-06-04;
	entry *.usgovcloudapi.net  https:443 profile government
		"US Government cloud" source "azure-docs: includes/backup-network-connectivity.md" as-of 2021-06-04;

	# The address form, with +optional.
	entry service-tag:AzureBackup              tcp:443 optional
		"address form of the names above" source "azure-docs: includes/backup-network-connectivity.md" as-of 2021-06-04;
	entry service-tag:Storage                  tcp:443 optional
		"address form of the names above" source "azure-docs: includes/backup-network-connectivity.md" as-of 2021-06-04;
	entry service-tag:AzureActiveDirectory     tcp:443 optional
		"address form of the names above" source "azure-docs: includes/backup-network-connectivity.md" as-of 2021-06-04;
	entry service-tag:Storage.${region}        tcp:443 optional
		"address form of 2018, from before AzureBackup was a service tag" source "Azure documentation, outbound rules for Azure Backup" as-of 2018-10-09;
	entry service-tag:AzureCloud.${azurecloud} tcp:443 optional
		"address form of 2018, from before AzureBackup was a service tag" source "Azure documentation, outbound rules for Azure Backup" as-of 2018-10-09;
}
