# Windows 365 Cloud PCs; a Cloud PC is a session host as well, hence the include. Registration also
# speaks AMQP on tcp 5671. No TLS inspection. Intune's hosts are not part of it.
# From the Windows 365 network page (2025 or later) and its news of 2026-04.

tag Windows365 {
	include WindowsVirtualDesktop;

	entry *.infra.windows365.microsoft.com          https:443
		"provisioning and health checks; took in many older names since 2024-05" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry login.microsoftonline.com                 https:443
		"registration" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry login.live.com                            https:443
		"registration" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry enterpriseregistration.windows.net        https:443
		"registration" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry global.azure-devices-provisioning.net     https:443
		"registration" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry hm-iot-in-prod-prap01.azure-devices.net   https:443
		"registration" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry hm-iot-in-prod-prau01.azure-devices.net   https:443
		"registration" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry hm-iot-in-prod-preu01.azure-devices.net   https:443
		"registration" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry hm-iot-in-prod-prna01.azure-devices.net   https:443
		"registration" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry hm-iot-in-prod-prna02.azure-devices.net   https:443
		"registration" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry hm-iot-in-2-prod-preu01.azure-devices.net https:443
		"registration" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry hm-iot-in-2-prod-prna01.azure-devices.net https:443
		"registration" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry hm-iot-in-3-prod-preu01.azure-devices.net https:443
		"registration" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry hm-iot-in-3-prod-prna01.azure-devices.net https:443
		"registration" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry hm-iot-in-4-prod-prna01.azure-devices.net https:443
		"registration" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry global.azure-devices-provisioning.net     tcp:5671
		"registration over AMQP, which Azure Firewall's tag leaves out" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry hm-iot-in-prod-prap01.azure-devices.net   tcp:5671
		"registration over AMQP, which Azure Firewall's tag leaves out" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry hm-iot-in-prod-prau01.azure-devices.net   tcp:5671
		"registration over AMQP, which Azure Firewall's tag leaves out" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry hm-iot-in-prod-preu01.azure-devices.net   tcp:5671
		"registration over AMQP, which Azure Firewall's tag leaves out" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry hm-iot-in-prod-prna01.azure-devices.net   tcp:5671
		"registration over AMQP, which Azure Firewall's tag leaves out" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry hm-iot-in-prod-prna02.azure-devices.net   tcp:5671
		"registration over AMQP, which Azure Firewall's tag leaves out" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry hm-iot-in-2-prod-preu01.azure-devices.net tcp:5671
		"registration over AMQP, which Azure Firewall's tag leaves out" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry hm-iot-in-2-prod-prna01.azure-devices.net tcp:5671
		"registration over AMQP, which Azure Firewall's tag leaves out" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry hm-iot-in-3-prod-preu01.azure-devices.net tcp:5671
		"registration over AMQP, which Azure Firewall's tag leaves out" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry hm-iot-in-3-prod-prna01.azure-devices.net tcp:5671
		"registration over AMQP, which Azure Firewall's tag leaves out" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry hm-iot-in-4-prod-prna01.azure-devices.net tcp:5671
		"registration over AMQP, which Azure Firewall's tag leaves out" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;
	entry *.service.windows.cloud.microsoft         https:443
		"checked by the network connection's health test since 2026-04" source "windows-365 docs: what is new page (April 2026 note on ANC health checks)" as-of 2026-04;
	entry *.windows.cloud.microsoft                 https:443
		"checked by the network connection's health test since 2026-04" source "windows-365 docs: what is new page (April 2026 note on ANC health checks)" as-of 2026-04;
	entry *.windows.static.microsoft                https:443
		"checked by the network connection's health test since 2026-04" source "windows-365 docs: what is new page (April 2026 note on ANC health checks)" as-of 2026-04;
	entry *.wvd.microsoft.com                       https:443
		"desktop service" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;

	# With +optional.
	entry *.cmdagent.trafficmanager.net https:443 optional
		"Cloud PC agent; missing from a copy of 2026-02" source "windows-365 docs: windows-365/enterprise/requirements-network.md (newer copy)" as-of 2025;

	# The address form, with +optional.
	entry service-tag:WindowsVirtualDesktop udp:3478 optional
		"relayed RDP, port of newer copies" source "unofficial copies of the 2026 required-endpoint list" as-of 2026;
}
