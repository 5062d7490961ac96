# Windows diagnostic data, required and optional levels alike. Connections are pinned: no TLS inspection.
# From the diagnostic data page of 2020-10-13; an old list.

tag WindowsDiagnostics {
	entry v10.events.data.microsoft.com         https:443
		"connected user experiences and telemetry" source "windows-itpro-docs: windows/privacy/configure-windows-diagnostic-data-in-your-organization.md" as-of 2020-10-13;
	entry v10c.events.data.microsoft.com        https:443
		"connected user experiences and telemetry" source "windows-itpro-docs: windows/privacy/configure-windows-diagnostic-data-in-your-organization.md" as-of 2020-10-13;
	entry v10.vortex-win.data.microsoft.com     https:443
		"connected user experiences and telemetry" source "windows-itpro-docs: windows/privacy/configure-windows-diagnostic-data-in-your-organization.md" as-of 2020-10-13;
	entry watson.telemetry.microsoft.com        https:443
		"error reporting" source "windows-itpro-docs: windows/privacy/configure-windows-diagnostic-data-in-your-organization.md" as-of 2020-10-13;
	entry watson.microsoft.com                  https:443
		"error reporting" source "windows-itpro-docs: windows/privacy/configure-windows-diagnostic-data-in-your-organization.md" as-of 2020-10-13;
	entry umwatsonc.telemetry.microsoft.com     https:443
		"error reporting" source "windows-itpro-docs: windows/privacy/configure-windows-diagnostic-data-in-your-organization.md" as-of 2020-10-13;
	entry umwatsonc.events.data.microsoft.com   https:443
		"error reporting" source "windows-itpro-docs: windows/privacy/configure-windows-diagnostic-data-in-your-organization.md" as-of 2020-10-13;
	entry *-umwatsonc.events.data.microsoft.com https:443
		"error reporting" source "windows-itpro-docs: windows/privacy/configure-windows-diagnostic-data-in-your-organization.md" as-of 2020-10-13;
	entry ceuswatcab01.blob.core.windows.net    https:443
		"error reporting" source "windows-itpro-docs: windows/privacy/configure-windows-diagnostic-data-in-your-organization.md" as-of 2020-10-13;
	entry ceuswatcab02.blob.core.windows.net    https:443
		"error reporting" source "windows-itpro-docs: windows/privacy/configure-windows-diagnostic-data-in-your-organization.md" as-of 2020-10-13;
	entry eaus2watcab01.blob.core.windows.net   https:443
		"error reporting" source "windows-itpro-docs: windows/privacy/configure-windows-diagnostic-data-in-your-organization.md" as-of 2020-10-13;
	entry eaus2watcab02.blob.core.windows.net   https:443
		"error reporting" source "windows-itpro-docs: windows/privacy/configure-windows-diagnostic-data-in-your-organization.md" as-of 2020-10-13;
	entry weus2watcab01.blob.core.windows.net   https:443
		"error reporting" source "windows-itpro-docs: windows/privacy/configure-windows-diagnostic-data-in-your-organization.md" as-of 2020-10-13;
	entry weus2watcab02.blob.core.windows.net   https:443
		"error reporting" source "windows-itpro-docs: windows/privacy/configure-windows-diagnostic-data-in-your-organization.md" as-of 2020-10-13;
	entry login.live.com                        https:443
		"device sign-in" source "windows-itpro-docs: windows/privacy/configure-windows-diagnostic-data-in-your-organization.md" as-of 2020-10-13;
	entry oca.telemetry.microsoft.com           https:443
		"crash analysis" source "windows-itpro-docs: windows/privacy/configure-windows-diagnostic-data-in-your-organization.md" as-of 2020-10-13;
	entry oca.microsoft.com                     https:443
		"crash analysis" source "windows-itpro-docs: windows/privacy/configure-windows-diagnostic-data-in-your-organization.md" as-of 2020-10-13;
	entry kmwatsonc.telemetry.microsoft.com     https:443
		"crash analysis" source "windows-itpro-docs: windows/privacy/configure-windows-diagnostic-data-in-your-organization.md" as-of 2020-10-13;
	entry *-kmwatsonc.telemetry.microsoft.com   https:443
		"crash analysis" source "windows-itpro-docs: windows/privacy/configure-windows-diagnostic-data-in-your-organization.md" as-of 2020-10-13;
	entry settings-win.data.microsoft.com       https:443
		"settings" source "windows-itpro-docs: windows/privacy/configure-windows-diagnostic-data-in-your-organization.md" as-of 2020-10-13;
}
