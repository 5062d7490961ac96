# Nodes of Azure Kubernetes Service. The TLS to *.hcp must keep its ALPN, so it passes untouched.
# Add-ons, Windows and GPU pools are optional. Here a page does state that the firewall tag equals the
# documented list. `param vault` and `param aks_api_server_ip` only matter with +optional.
# From the AKS egress page of 2026-06-18.

tag AzureKubernetesService {
	entry *.hcp.${region}.azmk8s.io https:443
		"node to API server; ALPN must pass untouched; not for private clusters" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry mcr.microsoft.com         https:443
		"system container images" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry *.data.mcr.microsoft.com  https:443
		"system container images" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry mcr-0001.mcr-msedge.net   https:443
		"system container images" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry management.azure.com      https:443
		"Azure Resource Manager" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry login.microsoftonline.com https:443
		"Entra ID" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry packages.microsoft.com    https:443
		"cached packages of the node's system" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry acs-mirror.azureedge.net  https:443
		"Kubernetes and CNI binaries; packages.aks.azure.com is to replace it" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry packages.aks.azure.com    https:443
		"Kubernetes and CNI binaries, the newer host" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;

	# With +optional.
	entry ntp.ubuntu.com                                 udp:123   optional
		"time for nodes created before 2021-03" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry ${aks_api_server_ip}                           tcp:443   optional
		"pods that address the API server by number; not for private clusters" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry security.ubuntu.com                            http:80   optional
		"patches of the node's system" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry azure.archive.ubuntu.com                       http:80   optional
		"patches of the node's system" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry changelogs.ubuntu.com                          http:80   optional
		"patches of the node's system" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry snapshot.ubuntu.com                            https:443 optional
		"patches of the node's system from dated snapshots" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry nvidia.github.io                               https:443 optional
		"GPU node pools; one container package host of a third party is left out" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry us.download.nvidia.com                         https:443 optional
		"GPU node pools; one container package host of a third party is left out" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry onegetcdn.azureedge.net                        https:443 optional
		"Windows node pools" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry go.microsoft.com                               https:443 optional
		"Windows node pools" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry *.mp.microsoft.com                             http:80   optional
		"Windows node pools" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry www.msftconnecttest.com                        http:80   optional
		"Windows node pools" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry ctldl.windowsupdate.com                        http:80   optional
		"Windows node pools" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry ${vault}.vault.azure.net                       https:443 optional
		"Secrets Store CSI add-on; the page prints the bare suffix" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry *.ods.opinsights.azure.com                     https:443 optional
		"monitoring add-ons" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry *.oms.opinsights.azure.com                     https:443 optional
		"monitoring add-ons" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry dc.services.visualstudio.com                   https:443 optional
		"monitoring add-ons" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry *.in.applicationinsights.azure.com             https:443 optional
		"monitoring add-ons" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry *.monitoring.azure.com                         https:443 optional
		"monitoring add-ons" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry global.handler.control.monitor.azure.com       https:443 optional
		"monitoring add-ons" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry ${region}.handler.control.monitor.azure.com    https:443 optional
		"monitoring add-ons" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry *.ingest.monitor.azure.com                     https:443 optional
		"monitoring add-ons" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry *.metrics.ingest.monitor.azure.com             https:443 optional
		"monitoring add-ons" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry data.policy.core.windows.net                   https:443 optional
		"Azure Policy add-on" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry store.policy.core.windows.net                  https:443 optional
		"Azure Policy add-on" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry ${region}.dp.kubernetesconfiguration.azure.com https:443 optional
		"cluster extensions" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry arcmktplaceprod.azurecr.io                     https:443 optional
		"images of marketplace extensions" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry arcmktplaceprod.centralindia.data.azurecr.io   https:443 optional
		"images of marketplace extensions" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry arcmktplaceprod.japaneast.data.azurecr.io      https:443 optional
		"images of marketplace extensions" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry arcmktplaceprod.westus2.data.azurecr.io        https:443 optional
		"images of marketplace extensions" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry arcmktplaceprod.westeurope.data.azurecr.io     https:443 optional
		"images of marketplace extensions" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry arcmktplaceprod.eastus.data.azurecr.io         https:443 optional
		"images of marketplace extensions" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry *.ingestion.msftcloudes.com                    https:443 optional
		"metrics and metering of extensions" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry *.microsoftmetrics.com                         https:443 optional
		"metrics and metering of extensions" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry marketplaceapi.microsoft.com                   https:443 optional
		"metrics and metering of extensions" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry *.cloud.defender.microsoft.com                 https:443 optional
		"Defender for Containers sensor" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry umsa*.blob.core.windows.net                    https:443 optional
		"manifests of the VM agent; seen in traffic, on no list of needs" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry md-*.blob.storage.azure.net                    https:443 optional
		"managed disks; seen in traffic, blocking does no harm" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;

	# The address form, with +optional.
	entry service-tag:AzureCloud.${azurecloud} tcp:9000,udp:1194 optional
		"tunnel to the control plane; neither with konnectivity nor in a private cluster" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry service-tag:AzureCloud.${azurecloud} udp:123           optional
		"time, address form of 2023" source "Azure documentation, FQDN tags and service tags by system" as-of 2023-03;
	entry service-tag:AzureMonitor             tcp:443           optional
		"monitoring add-ons, address form" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;

	# Never through a proxy: shown, opens nothing.
	entry ${dns_server} udp:53 optional direct
		"own DNS servers" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
}
