# Item-level restore ("file recovery") from an Azure VM backup: the downloaded script mounts the
# recovery point over iSCSI, which runs inside TLS to port 3260. CONNECT to 3260 must therefore
# be allowed, not only 443. ${geo} is Azure Backup's code of the vault's region and follows from
# ${region}; the script's own file name carries it as well. The script signs in nowhere.
# It asks the VM's DNS server for names itself; those entries are `direct` and open nothing.
# From the file restore page (2019-03-01 or later). Profiles: government, china.

tag AzureBackupFileRestore {
	entry download.microsoft.com                    https:443
		"parts of the secure channel to the recovery point" source "azure-docs: articles/backup/backup-azure-restore-files-from-vm.md" as-of 2019-03-01;
	entry pod01-rec2.${geo}.backup.windowsazure.com https:443,tcp:3260
		"recovery service of the vault's region; 3260 is iSCSI inside TLS" source "azure-docs: articles/backup/backup-azure-restore-files-from-vm.md" as-of 2019-03-01;

	# With +optional.
	entry *.privatelink.${geo}.backup.windowsazure.com https:443 optional
		"vault with a private endpoint, and only from a network that holds it" source "azure-docs: articles/backup/backup-azure-private-endpoints-concept.md";

	# With +government.
	entry pod01-rec2.${geo}.backup.windowsazure.us https:443,tcp:3260 profile government
		"US Government cloud" source "azure-docs: articles/backup/backup-azure-restore-files-from-vm.md" as-of 2019-03-01;

	# With +china.
	entry pod01-rec2.${geo}.backup.windowsazure.cn https:443,tcp:3260 profile china
		"China cloud" source "azure-docs: articles/backup/backup-azure-restore-files-from-vm.md" as-of 2019-03-01;

	# The address form, with +optional.
	entry service-tag:AzureCloud.${azurecloud} tcp:3260 optional
		"widest substitute where nothing but service tags can be written; Storage does not hold this host" source "Azure documentation, outbound rules for Azure Backup" as-of 2018-10-09;

	# Never through a proxy: shown, opens nothing.
	entry ${dns_server} udp:53 direct
		"the VM's own DNS server: the recovery script asks it for names" source "azure-docs: articles/backup/backup-azure-restore-files-from-vm.md" as-of 2019-03-01;
	entry ${dns_server} tcp:53 optional direct
		"same over TCP; the document gives port 53 without a protocol" source "azure-docs: articles/backup/backup-azure-restore-files-from-vm.md" as-of 2019-03-01;
}
