# Microsoft Entra ID (Azure Active Directory): sign-in, tokens, device registration, and the
# revocation lists that its certificates need. Three sets of the Microsoft 365 list: 56, 59 and 125,
# each on 443 and 80. Almost every other tag leans on this one.
# From the worldwide Microsoft 365 list of 2022-07-28, addresses checked against 2024 and 2025.

tag AzureActiveDirectory {
	entry *.auth.microsoft.com                     https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.msftidentity.com                       https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.msidentity.com                         https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry account.activedirectory.windowsazure.com https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry accounts.accesscontrol.windows.net       https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry adminwebservice.microsoftonline.com      https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry api.passwordreset.microsoftonline.com    https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry autologon.microsoftazuread-sso.com       https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry becws.microsoftonline.com                https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry ccs.login.microsoftonline.com            https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry clientconfig.microsoftonline-p.net       https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry companymanager.microsoftonline.com       https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry device.login.microsoftonline.com         https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry graph.microsoft.com                      https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry graph.windows.net                        https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry login.microsoft.com                      https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry login.microsoftonline.com                https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry login.microsoftonline-p.com              https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry login.windows.net                        https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry logincert.microsoftonline.com            https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry loginex.microsoftonline.com              https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry login-us.microsoftonline.com             https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry nexus.microsoftonline-p.com              https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry passwordreset.microsoftonline.com        https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry provisioningapi.microsoftonline.com      https:443,http:80
		"set 56 (Allow): sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.hip.live.com                           https:443,http:80
		"set 59 (Default): sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.microsoftonline.com                    https:443,http:80
		"set 59 (Default): sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.microsoftonline-p.com                  https:443,http:80
		"set 59 (Default): sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.msauth.net                             https:443,http:80
		"set 59 (Default): sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.msauthimages.net                       https:443,http:80
		"set 59 (Default): sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.msecnd.net                             https:443,http:80
		"set 59 (Default): sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.msftauth.net                           https:443,http:80
		"set 59 (Default): sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.msftauthimages.net                     https:443,http:80
		"set 59 (Default): sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.phonefactor.net                        https:443,http:80
		"set 59 (Default): sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry enterpriseregistration.windows.net       https:443,http:80
		"set 59 (Default): sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry management.azure.com                     https:443,http:80
		"set 59 (Default): sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry policykeyservice.dc.ad.msft.net          https:443,http:80
		"set 59 (Default): sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.entrust.net                            https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.geotrust.com                           https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.omniroot.com                           https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.public-trust.com                       https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.symcb.com                              https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.symcd.com                              https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.verisign.com                           https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.verisign.net                           https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry apps.identrust.com                       https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry cacerts.digicert.com                     https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry cert.int-x3.letsencrypt.org              https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry crl.globalsign.com                       https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry crl.globalsign.net                       https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry crl.identrust.com                        https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry crl3.digicert.com                        https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry crl4.digicert.com                        https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry isrg.trustid.ocsp.identrust.com          https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry mscrl.microsoft.com                      https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry ocsp.digicert.com                        https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry ocsp.globalsign.com                      https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry ocsp.msocsp.com                          https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry ocsp2.globalsign.com                     https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry ocspx.digicert.com                       https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry secure.globalsign.com                    https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry www.digicert.com                         https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry www.microsoft.com                        https:443,http:80
		"set 125 (Default): certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry 20.190.128.0/18                          tcp:443
		"set 56: Entra ID addresses" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 40.126.0.0/18                            tcp:443
		"set 56: Entra ID addresses" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 20.20.32.0/19                            tcp:443
		"set 56: Entra ID addresses added since 2022, also in the service tag of 2025-10-28" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2025-10-28;
	entry 20.231.128.0/19                          tcp:443
		"set 56: Entra ID addresses added since 2022, also in the service tag of 2025-10-28" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2025-10-28;

	# With +optional.
	entry *.login.microsoft.com https:443 optional
		"asked for by the Arc and Backup pages, outside sets 56, 59 and 125" source "azure-management-docs: articles/azure-arc/servers/includes/network-requirements.md" as-of 2026-04-01;

	# The address form, with +optional.
	entry service-tag:AzureActiveDirectory tcp:443 optional
		"address form of the names above" source "Azure documentation, FQDN tags and service tags by system" as-of 2023-03;
}
