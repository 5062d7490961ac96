# Windows Update and Microsoft Update. Several hosts exist on plain HTTP only and must not be forced
# to TLS; the payload comes in RANGE requests, which must pass. The content of Azure Firewall's FQDN
# tag of the same name is not published. WSUS upstream hosts are optional.
# From the Windows Update troubleshooting page (2023-12-26), the Windows 11 endpoint list (2023-10-06)
# and the WSUS configuration page (2017-10-16).

tag WindowsUpdate {
	entry *.prod.do.dsp.mp.microsoft.com           https:443
		"Delivery Optimization metadata" source "SupportArticles-docs: support/windows-client/installing-updates-features-roles/windows-update-issues-troubleshooting.md" as-of 2023-12-26;
	entry emdl.ws.microsoft.com                    http:80
		"Delivery Optimization; exists on HTTP only" source "SupportArticles-docs: support/windows-client/installing-updates-features-roles/windows-update-issues-troubleshooting.md" as-of 2023-12-26;
	entry *.dl.delivery.mp.microsoft.com           http:80
		"update payload; HTTP with RANGE requests" source "SupportArticles-docs: support/windows-client/installing-updates-features-roles/windows-update-issues-troubleshooting.md" as-of 2023-12-26;
	entry *.dl.delivery.mp.microsoft.com           https:443
		"update payload over TLS, Windows 11" source "windows-itpro-docs: windows/privacy/manage-windows-11-endpoints.md" as-of 2023-10-06;
	entry *.windowsupdate.com                      http:80
		"update payload; HTTP with RANGE requests" source "SupportArticles-docs: support/windows-client/installing-updates-features-roles/windows-update-issues-troubleshooting.md" as-of 2023-12-26;
	entry *.delivery.mp.microsoft.com              https:443
		"scan and metadata" source "SupportArticles-docs: support/windows-client/installing-updates-features-roles/windows-update-issues-troubleshooting.md" as-of 2023-12-26;
	entry *.update.microsoft.com                   https:443
		"Windows Update and Microsoft Update service" source "SupportArticles-docs: support/windows-client/installing-updates-features-roles/windows-update-issues-troubleshooting.md" as-of 2023-12-26;
	entry tsfe.trafficshaping.dsp.mp.microsoft.com https:443
		"regulation of content delivery" source "SupportArticles-docs: support/windows-client/installing-updates-features-roles/windows-update-issues-troubleshooting.md" as-of 2023-12-26;
	entry login.live.com                           https:443
		"device sign-in that Windows Update relies on" source "windows-itpro-docs: windows/privacy/manage-windows-11-endpoints.md" as-of 2023-10-06;
	entry ctldl.windowsupdate.com                  http:80
		"certificate trust lists" source "windows-itpro-docs: windows/privacy/manage-windows-11-endpoints.md" as-of 2023-10-06;

	# With +optional.
	entry *.delivery.mp.microsoft.com              http:80           optional
		"seen on HTTP with Windows 11" source "windows-itpro-docs: windows/privacy/manage-windows-11-endpoints.md" as-of 2023-10-06;
	entry *.update.microsoft.com                   http:80           optional
		"on HTTP with Windows 11 and WSUS" source "windows-itpro-docs: windows/privacy/manage-windows-11-endpoints.md" as-of 2023-10-06;
	entry *.prod.do.dsp.mp.microsoft.com           http:80           optional
		"seen on HTTP with Windows 11" source "windows-itpro-docs: windows/privacy/manage-windows-11-endpoints.md" as-of 2023-10-06;
	entry tsfe.trafficshaping.dsp.mp.microsoft.com http:80           optional
		"seen on HTTP with Windows 11" source "windows-itpro-docs: windows/privacy/manage-windows-11-endpoints.md" as-of 2023-10-06;
	entry adl.windows.com                          https:443         optional
		"application compatibility data" source "windows-itpro-docs: windows/privacy/manage-windows-11-endpoints.md" as-of 2023-10-06;
	entry definitionupdates.microsoft.com          https:443         optional
		"Defender definitions" source "windows-itpro-docs: windows/privacy/manage-windows-11-endpoints.md" as-of 2023-10-06;
	entry ctldl.windowsupdate.com                  https:443         optional
		"seen over TLS with Windows 11" source "windows-itpro-docs: windows/privacy/manage-windows-11-endpoints.md" as-of 2023-10-06;
	entry windowsupdate.microsoft.com              http:80           optional
		"upstream of a WSUS server" source "windowsserverdocs: WindowsServerDocs/administration/windows-server-update-services/deploy/2-configure-wsus.md" as-of 2017-10-16;
	entry *.windowsupdate.microsoft.com            https:443,http:80 optional
		"upstream of a WSUS server" source "windowsserverdocs: WindowsServerDocs/administration/windows-server-update-services/deploy/2-configure-wsus.md" as-of 2017-10-16;
	entry download.windowsupdate.com               http:80           optional
		"upstream of a WSUS server" source "windowsserverdocs: WindowsServerDocs/administration/windows-server-update-services/deploy/2-configure-wsus.md" as-of 2017-10-16;
	entry *.download.windowsupdate.com             http:80           optional
		"upstream of a WSUS server" source "windowsserverdocs: WindowsServerDocs/administration/windows-server-update-services/deploy/2-configure-wsus.md" as-of 2017-10-16;
	entry wustat.windows.com                       http:80           optional
		"upstream of a WSUS server" source "windowsserverdocs: WindowsServerDocs/administration/windows-server-update-services/deploy/2-configure-wsus.md" as-of 2017-10-16;
	entry ntservicepack.microsoft.com              http:80           optional
		"upstream of a WSUS server" source "windowsserverdocs: WindowsServerDocs/administration/windows-server-update-services/deploy/2-configure-wsus.md" as-of 2017-10-16;
	entry go.microsoft.com                         http:80           optional
		"upstream of a WSUS server" source "windowsserverdocs: WindowsServerDocs/administration/windows-server-update-services/deploy/2-configure-wsus.md" as-of 2017-10-16;
	entry dl.delivery.mp.microsoft.com             https:443,http:80 optional
		"upstream of a WSUS server" source "windowsserverdocs: WindowsServerDocs/administration/windows-server-update-services/deploy/2-configure-wsus.md" as-of 2017-10-16;
	entry download.microsoft.com                   https:443         optional
		"upstream of a WSUS server" source "windowsserverdocs: WindowsServerDocs/administration/windows-server-update-services/deploy/2-configure-wsus.md" as-of 2017-10-16;

	# The address form, with +optional.
	entry service-tag:AzureUpdateDelivery       tcp:443 optional
		"address form of the metadata; goes together with AzureFrontDoor.FirstParty" source "azure-docs: articles/virtual-network/service-tags-overview.md (newer copy)";
	entry service-tag:AzureFrontDoor.FirstParty tcp:80  optional
		"address form of the payload; goes together with AzureUpdateDelivery" source "azure-docs: articles/virtual-network/service-tags-overview.md (newer copy)";
}
