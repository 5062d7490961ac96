# Red Hat Update Infrastructure for RHEL images in Azure. Requests must leave from a public address of
# Azure, and TLS carries a client certificate: no inspection. RHUI 4 replaced RHUI 3 from 2023-10; the older
# servers are in the profile rhui3. From the RHUI pages (after 2023-10-12, and 2025 or later).
# Profiles: rhui3, government.

tag RedHatUpdateInfrastructure {
	entry rhui4-1.microsoft.com https:443
		"RHUI 4; client certificates, no TLS inspection; must leave from an Azure public address" source "SupportArticles-docs: Linux RHUI connectivity issues page" as-of 2025;
	entry 52.136.197.163        tcp:443
		"RHUI 4, one of five content servers, all needed" source "SupportArticles-docs: Linux RHUI connectivity issues page; azure-docs: articles/virtual-machines/workloads/redhat/redhat-rhui.md (newer copy)" as-of 2025;
	entry 20.225.226.182        tcp:443
		"RHUI 4, one of five content servers, all needed" source "SupportArticles-docs: Linux RHUI connectivity issues page; azure-docs: articles/virtual-machines/workloads/redhat/redhat-rhui.md (newer copy)" as-of 2025;
	entry 52.142.4.99           tcp:443
		"RHUI 4, one of five content servers, all needed" source "SupportArticles-docs: Linux RHUI connectivity issues page; azure-docs: articles/virtual-machines/workloads/redhat/redhat-rhui.md (newer copy)" as-of 2025;
	entry 20.248.180.252        tcp:443
		"RHUI 4, one of five content servers, all needed" source "SupportArticles-docs: Linux RHUI connectivity issues page; azure-docs: articles/virtual-machines/workloads/redhat/redhat-rhui.md (newer copy)" as-of 2025;
	entry 20.24.186.80          tcp:443
		"RHUI 4, one of five content servers, all needed" source "SupportArticles-docs: Linux RHUI connectivity issues page; azure-docs: articles/virtual-machines/workloads/redhat/redhat-rhui.md (newer copy)" as-of 2025;

	# With +optional.
	entry rhelimage.blob.core.windows.net https:443 optional
		"client configuration packages and the old signing key" source "azure-docs: articles/virtual-machines/workloads/redhat/redhat-rhui.md (newer copy)" as-of 2023-10-12;
	entry packages.microsoft.com          https:443 optional
		"signing key that the repository files name" source "SupportArticles-docs: Linux RHUI connectivity issues page" as-of 2025;

	# With +rhui3.
	entry rhui-1.microsoft.com https:443 profile rhui3
		"RHUI 3, for old images; RHUI 4 followed from 2023-10" source "azure-docs: articles/virtual-machines/workloads/redhat/redhat-rhui.md (newer copy)" as-of 2023-10-12;
	entry rhui-2.microsoft.com https:443 profile rhui3
		"RHUI 3, for old images; RHUI 4 followed from 2023-10" source "azure-docs: articles/virtual-machines/workloads/redhat/redhat-rhui.md (newer copy)" as-of 2023-10-12;
	entry rhui-3.microsoft.com https:443 profile rhui3
		"RHUI 3, for old images; RHUI 4 followed from 2023-10" source "azure-docs: articles/virtual-machines/workloads/redhat/redhat-rhui.md (newer copy)" as-of 2023-10-12;
	entry 13.91.47.76          tcp:443   profile rhui3
		"RHUI 3 address, being withdrawn" source "azure-docs: articles/virtual-machines/workloads/redhat/redhat-rhui.md (newer copy)" as-of 2023-10-12;
	entry 40.85.190.91         tcp:443   profile rhui3
		"RHUI 3 address, being withdrawn" source "azure-docs: articles/virtual-machines/workloads/redhat/redhat-rhui.md (newer copy)" as-of 2023-10-12;
	entry 52.187.75.218        tcp:443   profile rhui3
		"RHUI 3 address, being withdrawn" source "azure-docs: articles/virtual-machines/workloads/redhat/redhat-rhui.md (newer copy)" as-of 2023-10-12;
	entry 52.174.163.213       tcp:443   profile rhui3
		"RHUI 3 address, being withdrawn" source "azure-docs: articles/virtual-machines/workloads/redhat/redhat-rhui.md (newer copy)" as-of 2023-10-12;
	entry 52.237.203.198       tcp:443   profile rhui3
		"RHUI 3 address, being withdrawn" source "azure-docs: articles/virtual-machines/workloads/redhat/redhat-rhui.md (newer copy)" as-of 2023-10-12;

	# With +government.
	entry 13.72.186.193  tcp:443 profile government
		"US Government cloud, deprecated after 2023-04-10" source "azure-docs: articles/virtual-machines/workloads/redhat/redhat-rhui.md (newer copy)" as-of 2023-10-12;
	entry 13.72.14.155   tcp:443 profile government
		"US Government cloud, deprecated after 2023-04-10" source "azure-docs: articles/virtual-machines/workloads/redhat/redhat-rhui.md (newer copy)" as-of 2023-10-12;
	entry 52.244.249.194 tcp:443 profile government
		"US Government cloud, deprecated after 2023-04-10" source "azure-docs: articles/virtual-machines/workloads/redhat/redhat-rhui.md (newer copy)" as-of 2023-10-12;
}
