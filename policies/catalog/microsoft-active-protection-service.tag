# Cloud-delivered protection of Defender Antivirus (MAPS). No TLS inspection.
# From the antivirus network page of 2023-06-26.

tag MicrosoftActiveProtectionService {
	entry *.wdcp.microsoft.com    https:443
		"cloud protection; no TLS inspection" source "defender-docs: defender-endpoint/configure-network-connections-microsoft-defender-antivirus.md" as-of 2023-06-26;
	entry *.wdcpalt.microsoft.com https:443
		"cloud protection; no TLS inspection" source "defender-docs: defender-endpoint/configure-network-connections-microsoft-defender-antivirus.md" as-of 2023-06-26;
	entry *.wd.microsoft.com      https:443
		"cloud protection; no TLS inspection" source "defender-docs: defender-endpoint/configure-network-connections-microsoft-defender-antivirus.md" as-of 2023-06-26;

	# With +optional.
	entry www.microsoft.com       http:80 optional
		"revocation and trust lists that the connection checks" source "defender-docs: defender-endpoint/configure-network-connections-microsoft-defender-antivirus.md" as-of 2023-06-26;
	entry crl.microsoft.com       http:80 optional
		"revocation and trust lists that the connection checks" source "defender-docs: defender-endpoint/configure-network-connections-microsoft-defender-antivirus.md" as-of 2023-06-26;
	entry ctldl.windowsupdate.com http:80 optional
		"revocation and trust lists that the connection checks" source "defender-docs: defender-endpoint/configure-network-connections-microsoft-defender-antivirus.md" as-of 2023-06-26;
}
