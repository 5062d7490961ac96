# The Azure Monitor agent. Set `param workspace_id` (a GUID); custom log tables need
# `param dce`, the label of a data collection endpoint. No TLS inspection. Custom metrics ignore the
# agent's proxy setting. From the agent's network page (2024-11-14) and the Arc proxy page (2026-04-27).

tag AzureMonitorAgent {
	entry global.handler.control.monitor.azure.com    https:443
		"control service; no TLS inspection" source "azure-monitor-docs: articles/azure-monitor/agents/azure-monitor-agent-network-configuration.md; azure-management-docs: articles/azure-arc/servers/manage-agent-proxy-settings.md" as-of 2026-04-27;
	entry ${region}.handler.control.monitor.azure.com https:443
		"data collection rules, region of the VM; no TLS inspection" source "azure-monitor-docs: articles/azure-monitor/agents/azure-monitor-agent-network-configuration.md; azure-management-docs: articles/azure-arc/servers/manage-agent-proxy-settings.md" as-of 2026-04-27;
	entry ${workspace_id}.ods.opinsights.azure.com    https:443
		"log upload; no TLS inspection" source "azure-monitor-docs: articles/azure-monitor/agents/azure-monitor-agent-network-configuration.md; azure-management-docs: articles/azure-arc/servers/manage-agent-proxy-settings.md" as-of 2026-04-27;

	# With +optional.
	entry management.azure.com                      https:443 optional
		"custom metrics; this traffic ignores the proxy setting" source "azure-monitor-docs: articles/azure-monitor/agents/azure-monitor-agent-network-configuration.md" as-of 2024-11-14;
	entry ${region}.monitoring.azure.com            https:443 optional
		"custom metrics; this traffic ignores the proxy setting" source "azure-monitor-docs: articles/azure-monitor/agents/azure-monitor-agent-network-configuration.md" as-of 2024-11-14;
	entry ${dce}.${region}.ingest.monitor.azure.com https:443 optional
		"custom log tables through a data collection endpoint" source "azure-monitor-docs: articles/azure-monitor/agents/azure-monitor-agent-network-configuration.md; azure-management-docs: articles/azure-arc/servers/manage-agent-proxy-settings.md" as-of 2026-04-27;

	# The address form, with +optional.
	entry service-tag:AzureMonitor         tcp:443 optional
		"address form; data collection endpoints lie outside of it" source "azure-monitor-docs: articles/azure-monitor/agents/azure-monitor-agent-network-configuration.md" as-of 2024-11-14;
	entry service-tag:AzureResourceManager tcp:443 optional
		"address form; data collection endpoints lie outside of it" source "azure-monitor-docs: articles/azure-monitor/agents/azure-monitor-agent-network-configuration.md" as-of 2024-11-14;
}
