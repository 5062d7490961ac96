# RETIRES 2028-09-15. Azure Disk Encryption (BitLocker or dm-crypt in the guest); encryption at host is
# what follows it. Set `param vault` and `param storage_account`. From the overview page of 2019-10-05.

tag AzureDiskEncryption {
	deprecated "the service retires on 2028-09-15; plan for encryption at host";

	entry login.microsoftonline.com                https:443
		"token for the key vault" source "azure-docs: articles/virtual-machines/windows/disk-encryption-overview.md" as-of 2019-10-05;
	entry ${vault}.vault.azure.net                 https:443
		"writes the keys" source "azure-docs: articles/virtual-machines/windows/disk-encryption-overview.md" as-of 2019-10-05;
	entry ${storage_account}.blob.core.windows.net https:443
		"account of the VHD, unmanaged disks" source "azure-docs: articles/virtual-machines/windows/disk-encryption-overview.md" as-of 2019-10-05;

	# With +optional.
	entry *.blob.core.windows.net https:443 optional
		"extension repository, whose accounts are not named" source "azure-docs: articles/virtual-machines/windows/disk-encryption-overview.md" as-of 2019-10-05;
}
