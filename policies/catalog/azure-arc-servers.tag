# Servers outside Azure, joined by the Azure Arc agent. azgn* holds one WebSocket open for a long time:
# mind the idle limit. The Arc gateway stands in for most names (`param arc_gateway_prefix`).
# `param vault` only matters with +optional. From the Arc network requirements of 2026-04-01.

tag AzureArcServers {
	entry download.microsoft.com               https:443
		"Windows: installer and agent updates" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry packages.microsoft.com               https:443
		"Linux: installer and agent updates" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry login.microsoftonline.com            https:443
		"Entra ID" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry *.login.microsoft.com                https:443
		"Entra ID" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry pas.windows.net                      https:443
		"Entra ID" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry management.azure.com                 https:443
		"connecting and disconnecting the machine" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry *.his.arc.azure.com                  https:443
		"identity and metadata" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry *.guestconfiguration.azure.com       https:443
		"extensions and machine configuration" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry guestnotificationservice.azure.com   https:443
		"notification service" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry *.guestnotificationservice.azure.com https:443
		"notification service" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry azgn*.servicebus.windows.net         https:443
		"notification service; one WebSocket that stays open; the page also accepts *.servicebus.windows.net" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;

	# With +optional.
	entry *.servicebus.windows.net               https:443         optional
		"SSH and Windows Admin Center from Azure" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry *.waconazure.com                       https:443         optional
		"Windows Admin Center" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry dc.services.visualstudio.com           https:443         optional
		"telemetry of agents before 1.24" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry *.${region}.arcdataservices.com        https:443         optional
		"SQL Server enabled by Arc; TLS 1.2 or 1.3" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry ${vault}.vault.azure.net               https:443         optional
		"Entra ID sign-in to SQL Server enabled by Arc" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry graph.microsoft.com                    https:443         optional
		"Entra ID sign-in to SQL Server enabled by Arc" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry www.microsoft.com                      https:443,http:80 optional
		"certificates for extended security updates, under pkiops" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry dls.microsoft.com                      https:443         optional
		"licence check for hotpatch and pay-as-you-go" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry login.windows.net                      https:443         optional
		"Entra ID, when only extended security updates are used" source "azure-management-docs: articles/azure-arc/servers/includes/esu-network-requirements.md" as-of 2026-02-13;
	entry ${arc_gateway_prefix}.gw.arc.azure.com https:443         optional
		"Arc gateway, in place of most names above" source "azure-management-docs: articles/azure-arc/servers/arc-gateway.md" as-of 2026-04-01;
	entry gbl.his.arc.azure.com                  https:443         optional
		"narrow name for use with the Arc gateway" source "azure-management-docs: articles/azure-arc/servers/arc-gateway.md" as-of 2026-04-01;
	entry ${region}.his.arc.azure.com            https:443         optional
		"narrow name for use with the Arc gateway" source "azure-management-docs: articles/azure-arc/servers/arc-gateway.md" as-of 2026-04-01;
	entry ${region}.login.microsoft.com          https:443         optional
		"narrow name for use with the Arc gateway" source "azure-management-docs: articles/azure-arc/servers/arc-gateway.md" as-of 2026-04-01;

	# The address form, with +optional.
	entry service-tag:AzureActiveDirectory    tcp:443 optional
		"address form; AzureArcInfrastructure must not be cut to one region" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry service-tag:AzureTrafficManager     tcp:443 optional
		"address form; AzureArcInfrastructure must not be cut to one region" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry service-tag:AzureResourceManager    tcp:443 optional
		"address form; AzureArcInfrastructure must not be cut to one region" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry service-tag:AzureArcInfrastructure  tcp:443 optional
		"address form; AzureArcInfrastructure must not be cut to one region" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry service-tag:Storage                 tcp:443 optional
		"address form; AzureArcInfrastructure must not be cut to one region" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry service-tag:AzureFrontDoor.Frontend tcp:443 optional
		"address form; AzureArcInfrastructure must not be cut to one region" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
	entry service-tag:WindowsAdminCenter      tcp:443 optional
		"Windows Admin Center" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;
}
