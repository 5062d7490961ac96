# Ubuntu's archives as Azure images use them: plain HTTP, signed packages. TLS is for snap, Ubuntu Pro,
# and for machines whose sources were changed. From the AKS egress page (2026-06-18) and the Pro client's
# network page (no date).

tag UbuntuRepositories {
	entry azure.archive.ubuntu.com http:80
		"apt archives and release notes; plain HTTP" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry security.ubuntu.com      http:80
		"apt archives and release notes; plain HTTP" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry changelogs.ubuntu.com    http:80
		"apt archives and release notes; plain HTTP" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry archive.ubuntu.com       http:80
		"main archive behind the Azure mirror; plain HTTP" source "Azure documentation, FQDN tags and service tags by system; port corrected to 80" as-of 2023-03;

	# With +optional.
	entry *.archive.ubuntu.com          http:80   optional
		"mirrors by country" source "Azure documentation, FQDN tags and service tags by system; port corrected to 80" as-of 2023-03;
	entry security.ubuntu.com           https:443 optional
		"only after the apt sources were changed to https" source "Azure documentation, FQDN tags and service tags by system" as-of 2023-03;
	entry archive.ubuntu.com            https:443 optional
		"only after the apt sources were changed to https" source "Azure documentation, FQDN tags and service tags by system" as-of 2023-03;
	entry azure.archive.ubuntu.com      https:443 optional
		"only after the apt sources were changed to https" source "Azure documentation, FQDN tags and service tags by system" as-of 2023-03;
	entry *.archive.ubuntu.com          https:443 optional
		"only after the apt sources were changed to https" source "Azure documentation, FQDN tags and service tags by system" as-of 2023-03;
	entry changelogs.ubuntu.com         https:443 optional
		"check for a new release" source "Azure documentation, FQDN tags and service tags by system" as-of 2023-03;
	entry motd.ubuntu.com               https:443 optional
		"message of the day" source "Azure documentation, FQDN tags and service tags by system" as-of 2023-03;
	entry entropy.ubuntu.com            https:443 optional
		"entropy at first boot" source "Azure documentation, FQDN tags and service tags by system" as-of 2023-03;
	entry api.snapcraft.io              https:443 optional
		"snap store" source "documentation.ubuntu.com: Pro client network requirements";
	entry snapshot.ubuntu.com           https:443 optional
		"dated snapshots of the archive" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry *.snapcraftcontent.com        https:443 optional
		"snap downloads and sign-in to the store" source "documentation.ubuntu.com: Pro client network requirements";
	entry dashboard.snapcraft.io        https:443 optional
		"snap downloads and sign-in to the store" source "documentation.ubuntu.com: Pro client network requirements";
	entry login.ubuntu.com              https:443 optional
		"snap downloads and sign-in to the store" source "documentation.ubuntu.com: Pro client network requirements";
	entry contracts.canonical.com       https:443 optional
		"Ubuntu Pro and ESM" source "documentation.ubuntu.com: Pro client network requirements";
	entry esm.ubuntu.com                https:443 optional
		"Ubuntu Pro and ESM" source "documentation.ubuntu.com: Pro client network requirements";
	entry livepatch.canonical.com       https:443 optional
		"Livepatch, https since 2023-10" source "documentation.ubuntu.com: Pro client network requirements";
	entry livepatch-files.canonical.com https:443 optional
		"Livepatch, https since 2023-10" source "documentation.ubuntu.com: Pro client network requirements";
	entry ntp.ubuntu.com                udp:123   optional
		"time" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
}
