# Session hosts of Azure Virtual Desktop. Instance metadata and the host channel must bypass every proxy
# and stand here as `direct`. Sign-in needs Entra ID, hence the include. Some entries rest on unofficial
# copies of a newer list and say so in their source. From the required endpoint page of 2024-06-26.

tag WindowsVirtualDesktop {
	include AzureActiveDirectory;

	entry login.microsoftonline.com                   https:443
		"sign-in" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry *.wvd.microsoft.com                         https:443
		"service traffic" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry *.prod.warm.ingest.monitor.core.windows.net https:443
		"diagnostics of the agent" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry catalogartifact.azureedge.net               https:443
		"marketplace" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry gcs.prod.monitoring.core.windows.net        https:443
		"agent" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry azkms.core.windows.net                      tcp:1688
		"Windows activation" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry mrsglobalsteus2prod.blob.core.windows.net   https:443
		"updates of the agent and the side-by-side stack" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry wvdportalstorageblob.blob.core.windows.net  https:443
		"support for the portal" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry oneocsp.microsoft.com                       http:80
		"certificates" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry www.microsoft.com                           http:80
		"certificates" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry *.service.windows.cloud.microsoft           https:443
		"service traffic; Cloud PC provisioning insists on it since 2026-04" source "windows-365 docs: what is new page (April 2026 note on ANC health checks); unofficial copies of the 2026 required-endpoint list" as-of 2026;
	entry *.windows.cloud.microsoft                   https:443
		"service traffic; Cloud PC provisioning insists on it since 2026-04" source "windows-365 docs: what is new page (April 2026 note on ANC health checks); unofficial copies of the 2026 required-endpoint list" as-of 2026;
	entry *.windows.static.microsoft                  https:443
		"service traffic; Cloud PC provisioning insists on it since 2026-04" source "windows-365 docs: what is new page (April 2026 note on ANC health checks); unofficial copies of the 2026 required-endpoint list" as-of 2026;

	# With +optional.
	entry 51.5.0.0/16                                 udp:3478  optional
		"relayed RDP (TURN); inside the service tag of 2025-10-28" source "unofficial copies of the 2026 required-endpoint list" as-of 2026;
	entry *.aikcertaia.microsoft.com                  http:80   optional
		"certificates, newer list" source "unofficial copies of the 2026 required-endpoint list" as-of 2026;
	entry azcsprodeusaikpublish.blob.core.windows.net http:80   optional
		"certificates, newer list" source "unofficial copies of the 2026 required-endpoint list" as-of 2026;
	entry *.microsoftaik.azure.net                    http:80   optional
		"certificates, newer list" source "unofficial copies of the 2026 required-endpoint list" as-of 2026;
	entry ctldl.windowsupdate.com                     http:80   optional
		"certificates, newer list" source "unofficial copies of the 2026 required-endpoint list" as-of 2026;
	entry aka.ms                                      https:443 optional
		"Azure Local, newer list" source "unofficial copies of the 2026 required-endpoint list" as-of 2026;
	entry login.windows.net                           https:443 optional
		"optional service of the page" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry *.events.data.microsoft.com                 https:443 optional
		"optional service of the page" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry *.prod.do.dsp.mp.microsoft.com              https:443 optional
		"optional service of the page" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry *.sfx.ms                                    https:443 optional
		"optional service of the page" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry *.azure-dns.com                             https:443 optional
		"optional service of the page" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry *.azure-dns.net                             https:443 optional
		"optional service of the page" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry *eh.servicebus.windows.net                  https:443 optional
		"optional service of the page" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry www.msftconnecttest.com                     http:80   optional
		"connectivity probe and revocation lists" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry *.digicert.com                              http:80   optional
		"connectivity probe and revocation lists" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry *.servicebus.windows.net                    https:443 optional
		"client devices, not session hosts" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry go.microsoft.com                            https:443 optional
		"client devices, not session hosts" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry learn.microsoft.com                         https:443 optional
		"client devices, not session hosts" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry privacy.microsoft.com                       https:443 optional
		"client devices, not session hosts" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry query.prod.cms.rt.microsoft.com             https:443 optional
		"client devices, not session hosts" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;

	# The address form, with +optional.
	entry service-tag:WindowsVirtualDesktop   tcp:443 optional
		"address form of the names above" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry service-tag:AzureMonitor            tcp:443 optional
		"address form of the names above" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry service-tag:AzureFrontDoor.Frontend tcp:443 optional
		"address form of the names above" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry service-tag:AzureCloud              tcp:443 optional
		"address form of the names above" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;

	# Never through a proxy: shown, opens nothing.
	entry 169.254.169.254 tcp:80    direct
		"instance metadata; must bypass every proxy" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry 168.63.129.16   tcp:80    direct
		"host health channel; must bypass every proxy" source "azure-docs: articles/virtual-desktop/required-fqdn-endpoint.md" as-of 2024-06-26;
	entry 168.63.129.16   tcp:32526 optional direct
		"host health channel, port of newer copies; must bypass every proxy" source "unofficial copies of the 2026 required-endpoint list" as-of 2026;
}
