# The sensor of Microsoft Defender for Identity. Set `param mdi_workspace`. Mutual TLS, so no
# inspection. From the sensor's proxy page of 2024-02-12.

tag DefenderForIdentity {
	entry ${mdi_workspace}sensorapi.atp.azure.com https:443
		"sensor to its workspace; mutual TLS; no dot between the workspace and sensorapi" source "defender-docs: ATPDocs/deploy/configure-proxy.md" as-of 2024-02-12;
	entry crl.microsoft.com                       http:80
		"revocation and trust lists" source "defender-docs: ATPDocs/deploy/configure-proxy.md" as-of 2024-02-12;
	entry ctldl.windowsupdate.com                 http:80
		"revocation and trust lists" source "defender-docs: ATPDocs/deploy/configure-proxy.md" as-of 2024-02-12;
	entry www.microsoft.com                       http:80
		"revocation lists under pkiops and pki" source "defender-docs: ATPDocs/deploy/configure-proxy.md" as-of 2024-02-12;

	# With +optional.
	entry *.atp.azure.com https:443 optional
		"any workspace in place of the one" source "defender-docs: ATPDocs/deploy/prerequisites.md" as-of 2023-08-28;

	# The address form, with +optional.
	entry service-tag:AzureAdvancedThreatProtection tcp:443 optional
		"address form of the names above" source "defender-docs: ATPDocs/deploy/configure-proxy.md" as-of 2024-02-12;
}
