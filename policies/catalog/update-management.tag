# Two generations. Update Manager has no host of its own on an Azure VM: what stands here is what the
# patches need, and WindowsUpdate, RedHatUpdateInfrastructure and UbuntuRepositories have the rest.
# Automation Update Management rests on the agent RETIRED 2024-08-31 and is the profile automation.
# From the Update Manager prerequisites (2025-08-21) and the Automation network page (2024-09-09).

tag UpdateManagement {
	entry *.download.windowsupdate.com   http:80
		"Windows: payload with RANGE requests; WindowsUpdate has the rest" source "azure-docs: articles/update-manager/prerequisites.md" as-of 2025-08-21;
	entry *.dl.delivery.mp.microsoft.com http:80
		"Windows: payload with RANGE requests; WindowsUpdate has the rest" source "azure-docs: articles/update-manager/prerequisites.md" as-of 2025-08-21;
	entry *.delivery.mp.microsoft.com    https:443
		"Windows: scan and metadata; WindowsUpdate has the rest" source "azure-docs: articles/update-manager/prerequisites.md" as-of 2025-08-21;

	# With +optional.
	entry rhui4-1.microsoft.com    https:443     optional
		"RHEL; RedHatUpdateInfrastructure has the rest" source "azure-docs: articles/update-manager/prerequisites.md" as-of 2025-08-21;
	entry azure.archive.ubuntu.com http:80       optional
		"Ubuntu; UbuntuRepositories has the rest" source "azure-docs: articles/update-manager/prerequisites.md" as-of 2025-08-21;
	entry security.ubuntu.com      http:80       optional
		"Ubuntu; UbuntuRepositories has the rest" source "azure-docs: articles/update-manager/prerequisites.md" as-of 2025-08-21;
	entry ${wsus_server}           tcp:8530,8531 optional
		"own WSUS server, its usual ports since Server 2012" source "windowsserverdocs: WindowsServerDocs/administration/windows-server-update-services/deploy/2-configure-wsus.md" as-of 2017-10-16;

	# With +automation.
	entry *.ods.opinsights.azure.com                    https:443 profile automation
		"retired agent: service, data, runbooks" source "azure-docs: articles/automation/automation-network-configuration.md" as-of 2024-09-09;
	entry *.oms.opinsights.azure.com                    https:443 profile automation
		"retired agent: service, data, runbooks" source "azure-docs: articles/automation/automation-network-configuration.md" as-of 2024-09-09;
	entry *.blob.core.windows.net                       https:443 profile automation
		"retired agent: service, data, runbooks" source "azure-docs: articles/automation/automation-network-configuration.md" as-of 2024-09-09;
	entry *.azure-automation.net                        https:443 profile automation
		"retired agent: service, data, runbooks" source "azure-docs: articles/automation/automation-network-configuration.md" as-of 2024-09-09;
	entry ${workspace_id}.agentsvc.azure-automation.net https:443 profile automation
		"retired agent: Automation agent service" source "azure-docs: articles/automation/automation-network-configuration.md" as-of 2024-09-09;
	entry service-tag:GuestAndHybridManagement          tcp:443   profile automation
		"retired agent: address form" source "azure-docs: articles/automation/automation-network-configuration.md" as-of 2024-09-09;
	entry service-tag:AzureMonitor                      tcp:443   profile automation
		"retired agent: address form" source "azure-docs: articles/automation/automation-network-configuration.md" as-of 2024-09-09;
}
