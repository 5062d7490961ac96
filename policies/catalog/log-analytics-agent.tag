# RETIRED 2024-08-31. The Log Analytics agent (MMA, OMS) is out of support since that day; use
# AzureMonitorAgent. Kept so that what is still running can be seen and named.
# No TLS inspection. The wildcards open every customer's workspace; the optional entries name your own
# (`param workspace_id`). From the agent pages of 2021 to 2024.

tag LogAnalyticsAgent {
	deprecated "the agent is out of support since 2024-08-31; move to AzureMonitorAgent";

	entry *.ods.opinsights.azure.com https:443
		"retired: data upload; no TLS inspection" source "azure-docs: articles/azure-monitor/agents/log-analytics-agent.md" as-of 2021-12-16;
	entry *.oms.opinsights.azure.com https:443
		"retired: onboarding and settings; no TLS inspection" source "azure-docs: articles/azure-monitor/agents/log-analytics-agent.md" as-of 2021-12-16;
	entry *.blob.core.windows.net    https:443
		"retired: agent content; no TLS inspection" source "azure-docs: articles/azure-monitor/agents/log-analytics-agent.md" as-of 2021-12-16;
	entry *.azure-automation.net     https:443
		"retired: Automation features; no TLS inspection" source "azure-docs: articles/azure-monitor/agents/log-analytics-agent.md" as-of 2021-12-16;

	# With +optional.
	entry ${workspace_id}.ods.opinsights.azure.com      https:443 optional
		"retired: one workspace in place of the wildcard" source "defender-docs: defender-endpoint/configure-environment.md" as-of 2024-02-01;
	entry ${workspace_id}.oms.opinsights.azure.com      https:443 optional
		"retired: one workspace in place of the wildcard" source "defender-docs: defender-endpoint/configure-environment.md" as-of 2024-02-01;
	entry ${workspace_id}.agentsvc.azure-automation.net https:443 optional
		"retired: Automation agent service, one workspace" source "azure-docs: articles/automation/automation-network-configuration.md" as-of 2024-09-09;

	# The address form, with +optional.
	entry service-tag:AzureMonitor             tcp:443 optional
		"retired: address form (Storage for Log Analytics, GuestAndHybridManagement for Linux)" source "azure-docs: articles/virtual-network/service-tags-overview.md" as-of 2021-04-23;
	entry service-tag:Storage                  tcp:443 optional
		"retired: address form (Storage for Log Analytics, GuestAndHybridManagement for Linux)" source "azure-docs: articles/virtual-network/service-tags-overview.md" as-of 2021-04-23;
	entry service-tag:GuestAndHybridManagement tcp:443 optional
		"retired: address form (Storage for Log Analytics, GuestAndHybridManagement for Linux)" source "azure-docs: articles/virtual-network/service-tags-overview.md" as-of 2021-04-23;
}
