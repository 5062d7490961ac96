# Microsoft Defender for Endpoint. Its connections are pinned: no TLS inspection; the sensor runs as
# LocalSystem: no proxy password. Entries without a profile belong to every way of onboarding. Choose one:
#     +streamlined                            the newer way: one name for all core services
#     +standard-us -eu -uk -au                the older lists, by the geography of your tenant
#     +mma                                    Windows 7, 8.1 and Server 2008 R2 with the RETIRED agent
# From the streamlined and standard connectivity lists of 2025-10-16.

tag DefenderForEndpoint {
	entry *.smartscreen-prod.microsoft.com      https:443
		"SmartScreen, network protection, indicators" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry *.smartscreen.microsoft.com           https:443
		"SmartScreen, network protection, indicators" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry packages.microsoft.com                https:443
		"Linux: agent packages" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry officecdn-microsoft-com.akamaized.net https:443
		"macOS: product updates; one list ticks Linux as well" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry go.microsoft.com                      https:443
		"security intelligence; an internal update source does without" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry definitionupdates.microsoft.com       https:443
		"security intelligence; an internal update source does without" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry www.microsoft.com                     https:443
		"redirect to the definition packages" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry www.microsoft.com                     http:80
		"revocation lists under pkiops and pki" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry ctldl.windowsupdate.com               http:80
		"trust lists and revocation lists" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry crl.microsoft.com                     http:80
		"trust lists and revocation lists" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md" as-of 2025-10-16;

	# With +optional.
	entry *.checkappexec.microsoft.com    https:443 optional
		"SmartScreen application reputation" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry *.urs.microsoft.com             https:443 optional
		"SmartScreen application reputation" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry *.update.microsoft.com          https:443 optional
		"Windows: updates; WSUS, ConfigMgr or a file share do without" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md; defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry *.delivery.mp.microsoft.com     https:443 optional
		"Windows: updates; WSUS, ConfigMgr or a file share do without" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md; defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry *.windowsupdate.com             https:443 optional
		"Windows: updates; WSUS, ConfigMgr or a file share do without" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md; defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry *.download.windowsupdate.com    https:443 optional
		"Windows: updates; WSUS, ConfigMgr or a file share do without" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md; defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry *.download.microsoft.com        https:443 optional
		"Windows: updates; WSUS, ConfigMgr or a file share do without" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md; defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry login.microsoftonline.com       https:443 optional
		"quicker start of live response; takes no proxy setting, so only a routed path helps" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry *.wns.windows.com               https:443 optional
		"quicker start of live response; takes no proxy setting, so only a routed path helps" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry login.live.com                  https:443 optional
		"quicker start of live response; takes no proxy setting, so only a routed path helps" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry *.security.microsoft.com        https:443 optional
		"network scanner" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry login.windows.net               https:443 optional
		"network scanner" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry *.blob.core.windows.net         https:443 optional
		"network scanner; one table of it, yet the name opens every account" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry settings-win.data.microsoft.com https:443 optional
		"Windows 10 1703 and older" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;

	# With +streamlined.
	entry *.endpoint.security.microsoft.com https:443 profile streamlined
		"all core services behind one name; no TLS inspection, no proxy password" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md" as-of 2025-10-16;

	# With +streamlined, and there optional.
	entry service-tag:MicrosoftDefenderForEndpoint tcp:443 optional profile streamlined
		"address form, both tags together; OneDsCollector fits neither Azure Firewall nor a route table" source "defender-docs: defender-endpoint/configure-device-connectivity.md" as-of 2025-09-29;
	entry service-tag:OneDsCollector               tcp:443 optional profile streamlined
		"address form, both tags together; OneDsCollector fits neither Azure Firewall nor a route table" source "defender-docs: defender-endpoint/configure-device-connectivity.md" as-of 2025-09-29;

	# With any of the +standard profiles.
	entry events.data.microsoft.com   https:443 profile standard-us,standard-eu,standard-uk,standard-au
		"telemetry" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry *.events.data.microsoft.com https:443 profile standard-us,standard-eu,standard-uk,standard-au
		"telemetry of the Defender Core service" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry *.ecs.office.com            https:443 profile standard-us,standard-eu,standard-uk,standard-au
		"settings of the Defender Core service" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry *.wdcp.microsoft.com        https:443 profile standard-us,standard-eu,standard-uk,standard-au
		"cloud protection (MAPS)" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry *.wd.microsoft.com          https:443 profile standard-us,standard-eu,standard-uk,standard-au
		"cloud protection (MAPS)" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry x.cp.wd.microsoft.com       https:443 profile standard-us,standard-eu,standard-uk,standard-au
		"macOS and Linux: cloud protection and definitions" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry cdn.x.cp.wd.microsoft.com   https:443 profile standard-us,standard-eu,standard-uk,standard-au
		"macOS and Linux: cloud protection and definitions" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;

	# With any of the +standard profiles, and there optional.
	entry fe3cr.delivery.mp.microsoft.com    https:443 optional profile standard-us,standard-eu,standard-uk,standard-au
		"second source of definitions" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry vortex-win.data.microsoft.com      https:443 optional profile standard-us,standard-eu,standard-uk,standard-au
		"old Windows" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry enterpriseregistration.windows.net https:443 optional profile standard-us,standard-eu,standard-uk,standard-au
		"security settings management" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry *.dm.microsoft.com                 https:443 optional profile standard-us,standard-eu,standard-uk,standard-au
		"security settings management" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;

	# With +standard-us.
	entry unitedstates.x.cp.wd.microsoft.com          https:443 profile standard-us
		"macOS and Linux: cloud protection, US" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry us-v20.events.data.microsoft.com            https:443 profile standard-us
		"EDR data, US" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry winatp-gw-cus.microsoft.com                 https:443 profile standard-us
		"command and control, US" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry winatp-gw-eus.microsoft.com                 https:443 profile standard-us
		"command and control, US" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry winatp-gw-cus3.microsoft.com                https:443 profile standard-us
		"command and control, US" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry winatp-gw-eus3.microsoft.com                https:443 profile standard-us
		"command and control, US" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry automatedirstrprdcus.blob.core.windows.net  https:443 profile standard-us
		"samples of automated investigation, US" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry automatedirstrprdeus.blob.core.windows.net  https:443 profile standard-us
		"samples of automated investigation, US" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry automatedirstrprdcus3.blob.core.windows.net https:443 profile standard-us
		"samples of automated investigation, US" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry automatedirstrprdeus3.blob.core.windows.net https:443 profile standard-us
		"samples of automated investigation, US" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry ussus1eastprod.blob.core.windows.net        https:443 profile standard-us
		"upload of malware samples, US" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry ussus2eastprod.blob.core.windows.net        https:443 profile standard-us
		"upload of malware samples, US" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry ussus3eastprod.blob.core.windows.net        https:443 profile standard-us
		"upload of malware samples, US" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry ussus4eastprod.blob.core.windows.net        https:443 profile standard-us
		"upload of malware samples, US" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry wsus1eastprod.blob.core.windows.net         https:443 profile standard-us
		"upload of malware samples, US" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry wsus2eastprod.blob.core.windows.net         https:443 profile standard-us
		"upload of malware samples, US" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry ussus1westprod.blob.core.windows.net        https:443 profile standard-us
		"upload of malware samples, US" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry ussus2westprod.blob.core.windows.net        https:443 profile standard-us
		"upload of malware samples, US" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry ussus3westprod.blob.core.windows.net        https:443 profile standard-us
		"upload of malware samples, US" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry ussus4westprod.blob.core.windows.net        https:443 profile standard-us
		"upload of malware samples, US" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry wsus1westprod.blob.core.windows.net         https:443 profile standard-us
		"upload of malware samples, US" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry wsus2westprod.blob.core.windows.net         https:443 profile standard-us
		"upload of malware samples, US" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;

	# With +standard-us, and there optional.
	entry us.vortex-win.data.microsoft.com https:443 optional profile standard-us
		"old Windows, US" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;

	# With +standard-eu.
	entry europe.x.cp.wd.microsoft.com                https:443 profile standard-eu
		"macOS and Linux: cloud protection, Europe" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry eu-v20.events.data.microsoft.com            https:443 profile standard-eu
		"EDR data, Europe" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry winatp-gw-neu.microsoft.com                 https:443 profile standard-eu
		"command and control, Europe" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry winatp-gw-weu.microsoft.com                 https:443 profile standard-eu
		"command and control, Europe" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry winatp-gw-neu3.microsoft.com                https:443 profile standard-eu
		"command and control, Europe" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry winatp-gw-weu3.microsoft.com                https:443 profile standard-eu
		"command and control, Europe" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry automatedirstrprdneu.blob.core.windows.net  https:443 profile standard-eu
		"samples of automated investigation, Europe" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry automatedirstrprdweu.blob.core.windows.net  https:443 profile standard-eu
		"samples of automated investigation, Europe" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry automatedirstrprdneu3.blob.core.windows.net https:443 profile standard-eu
		"samples of automated investigation, Europe" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry automatedirstrprdweu3.blob.core.windows.net https:443 profile standard-eu
		"samples of automated investigation, Europe" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry usseu1northprod.blob.core.windows.net       https:443 profile standard-eu
		"upload of malware samples, Europe" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry wseu1northprod.blob.core.windows.net        https:443 profile standard-eu
		"upload of malware samples, Europe" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;

	# With +standard-eu, and there optional.
	entry eu.vortex-win.data.microsoft.com     https:443 optional profile standard-eu
		"old Windows, Europe" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry usseu1westprod.blob.core.windows.net https:443 optional profile standard-eu
		"upload of malware samples, Europe, Windows 1607 to 1803; the two lists disagree on it" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry wseu1westprod.blob.core.windows.net  https:443 optional profile standard-eu
		"upload of malware samples, Europe, Windows 1607 to 1803; the two lists disagree on it" source "defender-docs: defender-endpoint/streamlined-device-connectivity-urls-commercial.md" as-of 2025-10-16;

	# With +standard-uk.
	entry unitedkingdom.x.cp.wd.microsoft.com        https:443 profile standard-uk
		"macOS and Linux: cloud protection, UK" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry uk-v20.events.data.microsoft.com           https:443 profile standard-uk
		"EDR data, UK" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry winatp-gw-uks.microsoft.com                https:443 profile standard-uk
		"command and control, UK" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry winatp-gw-ukw.microsoft.com                https:443 profile standard-uk
		"command and control, UK" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry automatedirstrprduks.blob.core.windows.net https:443 profile standard-uk
		"samples of automated investigation, UK" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry automatedirstrprdukw.blob.core.windows.net https:443 profile standard-uk
		"samples of automated investigation, UK" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry ussuk1southprod.blob.core.windows.net      https:443 profile standard-uk
		"upload of malware samples, UK" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry wsuk1southprod.blob.core.windows.net       https:443 profile standard-uk
		"upload of malware samples, UK" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry ussuk1westprod.blob.core.windows.net       https:443 profile standard-uk
		"upload of malware samples, UK" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry wsuk1westprod.blob.core.windows.net        https:443 profile standard-uk
		"upload of malware samples, UK" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;

	# With +standard-uk, and there optional.
	entry uk.vortex-win.data.microsoft.com https:443 optional profile standard-uk
		"old Windows, UK" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;

	# With +standard-au.
	entry australia.x.cp.wd.microsoft.com            https:443 profile standard-au
		"macOS and Linux: cloud protection, Australia" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry au-v20.events.data.microsoft.com           https:443 profile standard-au
		"EDR data, Australia" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry winatp-gw-aue.microsoft.com                https:443 profile standard-au
		"command and control, Australia" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry winatp-gw-aus.microsoft.com                https:443 profile standard-au
		"command and control, Australia" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry automatedirstrprdaue.blob.core.windows.net https:443 profile standard-au
		"samples of automated investigation, Australia" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry automatedirstrprdaus.blob.core.windows.net https:443 profile standard-au
		"samples of automated investigation, Australia" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry ussau1southeastprod.blob.core.windows.net  https:443 profile standard-au
		"upload of malware samples, Australia" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;
	entry ussau1eastprod.blob.core.windows.net       https:443 profile standard-au
		"upload of malware samples, Australia" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;

	# With +standard-au, and there optional.
	entry au.vortex-win.data.microsoft.com https:443 optional profile standard-au
		"old Windows, Australia" source "defender-docs: defender-endpoint/standard-device-connectivity-urls-commercial.md" as-of 2025-10-16;

	# With +mma.
	entry *.ods.opinsights.azure.com https:443 profile mma
		"retired agent: Windows 7, 8.1, Server 2008 R2" source "defender-docs: defender-endpoint/configure-environment.md" as-of 2024-02-01;
	entry *.oms.opinsights.azure.com https:443 profile mma
		"retired agent: Windows 7, 8.1, Server 2008 R2" source "defender-docs: defender-endpoint/configure-environment.md" as-of 2024-02-01;
	entry *.azure-automation.net     https:443 profile mma
		"retired agent: Windows 7, 8.1, Server 2008 R2" source "defender-docs: defender-endpoint/configure-environment.md" as-of 2024-02-01;
}
