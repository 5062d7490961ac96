# Azure Storage, one account of yours: set `param storage_account`. The wildcard over a storage
# suffix, and the service tag Storage too, would open the accounts of every customer.
# Port 80 works only while "secure transfer required" is off, hence optional.
# From the storage account overview of 2022-01-24.

tag AzureStorage {
	entry ${storage_account}.blob.core.windows.net  https:443
		"Blob" source "azure-docs: articles/storage/common/storage-account-overview.md" as-of 2022-01-24;
	entry ${storage_account}.queue.core.windows.net https:443
		"Queue" source "azure-docs: articles/storage/common/storage-account-overview.md" as-of 2022-01-24;
	entry ${storage_account}.table.core.windows.net https:443
		"Table" source "azure-docs: articles/storage/common/storage-account-overview.md" as-of 2022-01-24;
	entry ${storage_account}.file.core.windows.net  https:443
		"Files over REST" source "azure-docs: articles/storage/common/storage-account-overview.md" as-of 2022-01-24;
	entry ${storage_account}.dfs.core.windows.net   https:443
		"Data Lake Gen2" source "azure-docs: articles/storage/common/storage-account-overview.md" as-of 2022-01-24;

	# With +optional.
	entry ${storage_account}.blob.core.windows.net  http:80   optional
		"Blob without secure transfer" source "azure-docs: articles/storage/common/storage-account-overview.md" as-of 2022-01-24;
	entry ${storage_account}.queue.core.windows.net http:80   optional
		"Queue without secure transfer" source "azure-docs: articles/storage/common/storage-account-overview.md" as-of 2022-01-24;
	entry ${storage_account}.table.core.windows.net http:80   optional
		"Table without secure transfer" source "azure-docs: articles/storage/common/storage-account-overview.md" as-of 2022-01-24;
	entry ${storage_account}.file.core.windows.net  http:80   optional
		"Files over REST without secure transfer" source "azure-docs: articles/storage/common/storage-account-overview.md" as-of 2022-01-24;
	entry ${storage_account}.dfs.core.windows.net   http:80   optional
		"Data Lake Gen2 without secure transfer" source "azure-docs: articles/storage/common/storage-account-overview.md" as-of 2022-01-24;
	entry *.blob.storage.azure.net                  https:443 optional
		"newer blob names, used by Azure Backup and managed disks" source "azure-docs: articles/backup/backup-azure-private-endpoints-concept.md";
	entry ${storage_account}.file.core.windows.net  tcp:445   optional
		"Files over SMB" source "well known; no document found";

	# The address form, with +optional.
	entry service-tag:Storage.${region} tcp:443 optional
		"address form; lets accounts of every other customer pass" source "Azure documentation, outbound rules for Azure Backup" as-of 2018-10-09;
}
