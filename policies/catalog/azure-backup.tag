# Azure Backup as a whole, by the service names that are documented: the vault service, its
# storage accounts, and Entra ID. It serves the workload extension (SQL Server, SAP HANA in a VM).
# What Azure Firewall's FQDN tag of the same name really holds is not published.
# From the backup private endpoint page (no date) and the service tag overview of 2021.

tag AzureBackup {
	include AzureActiveDirectory;

	entry *.backup.windowsazure.com https:443
		"Azure Backup service; the content of Azure Firewall's own tag is unpublished" source "azure-docs: articles/backup/backup-azure-private-endpoints-concept.md";
	entry *.blob.core.windows.net   https:443
		"storage accounts behind the vault; unpublished whether Azure Firewall's tag holds them" source "azure-docs: articles/backup/backup-azure-private-endpoints-concept.md";
	entry *.queue.core.windows.net  https:443
		"storage accounts behind the vault; unpublished whether Azure Firewall's tag holds them" source "azure-docs: articles/backup/backup-azure-private-endpoints-concept.md";
	entry *.blob.storage.azure.net  https:443
		"storage accounts behind the vault; unpublished whether Azure Firewall's tag holds them" source "azure-docs: articles/backup/backup-azure-private-endpoints-concept.md";
	entry *.login.microsoft.com     https:443
		"Entra ID sign-in of the workload extension and MARS" source "azure-docs: articles/backup/backup-azure-private-endpoints-concept.md";

	# With +optional.
	entry *.privatelink.${geo}.backup.windowsazure.com https:443 optional
		"vault with a private endpoint" source "azure-docs: articles/backup/backup-azure-private-endpoints-concept.md";
	entry download.microsoft.com                       https:443 optional
		"self-update of the MARS agent" source "azure-docs: articles/backup/backup-azure-private-endpoints-concept.md";

	# The address form, with +optional.
	entry service-tag:AzureBackup          tcp:443 optional
		"address form of the names above; all three belong together" source "azure-docs: articles/virtual-network/service-tags-overview.md" as-of 2021-04-23;
	entry service-tag:Storage              tcp:443 optional
		"address form of the names above; all three belong together" source "azure-docs: articles/virtual-network/service-tags-overview.md" as-of 2021-04-23;
	entry service-tag:AzureActiveDirectory tcp:443 optional
		"address form of the names above; all three belong together" source "azure-docs: articles/virtual-network/service-tags-overview.md" as-of 2021-04-23;
}
