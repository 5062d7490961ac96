# App Service Environment v1 and v2: an old list of a generation that is said to have been retired on
# 2024-08-31 (not verified). Third-party package and container hosts of the page are left out.
# From the firewall integration page of 2019-08-31.

tag AppServiceEnvironment {
	entry graph.windows.net                           https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry login.live.com                              https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry login.windows.com                           https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry login.windows.net                           https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry login.microsoftonline.com                   https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry client.wns.windows.com                      https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry definitionupdates.microsoft.com             https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry go.microsoft.com                            https:443,http:80
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry www.microsoft.com                           https:443,http:80
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry wdcpalt.microsoft.com                       https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry wdcp.microsoft.com                          https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry ocsp.msocsp.com                             https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry mscrl.microsoft.com                         https:443,http:80
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry crl.microsoft.com                           https:443,http:80
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry www.thawte.com                              https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry azperfcounters1.blob.core.windows.net       https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry azurewatsonanalysis-prod.core.windows.net   https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry global.metrics.nsatc.net                    https:443,http:80
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry az-prod.metrics.nsatc.net                   https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry antares.metrics.nsatc.net                   https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry azglobal-black.azglobal.metrics.nsatc.net   https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry azglobal-red.azglobal.metrics.nsatc.net     https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry antares-black.antares.metrics.nsatc.net     https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry antares-red.antares.metrics.nsatc.net       https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry maupdateaccount.blob.core.windows.net       https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry clientconfig.passport.net                   https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry packages.microsoft.com                      https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry schemas.microsoft.com                       https:443,http:80
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry management.core.windows.net                 https:443,http:80
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry management.azure.com                        https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry shavamanifestcdnprod1.azureedge.net         https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry validation-v2.sls.microsoft.com             https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry flighting.cp.wd.microsoft.com               https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry admin.core.windows.net                      https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry prod.warmpath.msftcloudes.com               https:443,http:80
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry azureprofileruploads.blob.core.windows.net  https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry azureprofileruploads2.blob.core.windows.net https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry azureprofileruploads3.blob.core.windows.net https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry azureprofileruploads4.blob.core.windows.net https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry azureprofileruploads5.blob.core.windows.net https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry azperfmerges.blob.core.windows.net          https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry azprofileruploads1.blob.core.windows.net    https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry azprofileruploads10.blob.core.windows.net   https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry azprofileruploads2.blob.core.windows.net    https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry azprofileruploads3.blob.core.windows.net    https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry azprofileruploads4.blob.core.windows.net    https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry azprofileruploads6.blob.core.windows.net    https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry azprofileruploads7.blob.core.windows.net    https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry azprofileruploads8.blob.core.windows.net    https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry azprofileruploads9.blob.core.windows.net    https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry azureprofilerfrontdoor.cloudapp.net         https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry settings-win.data.microsoft.com             https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry maupdateaccount2.blob.core.windows.net      https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry maupdateaccount3.blob.core.windows.net      https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry dc.services.visualstudio.com                https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry gmstorageprodsn1.blob.core.windows.net      https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry gmstorageprodsn1.file.core.windows.net      https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry gmstorageprodsn1.queue.core.windows.net     https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry gmstorageprodsn1.table.core.windows.net     https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry rteventservice.trafficmanager.net           https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry gr-prod-*.cloudapp.net                      https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry *.management.azure.com                      https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry *.update.microsoft.com                      https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry *.windowsupdate.microsoft.com               https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry *.identity.azure.net                        https:443
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry crl3.digicert.com                           http:80
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry ocsp.digicert.com                           http:80
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry csc3-2009-2.crl.verisign.com                http:80
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry crl.verisign.com                            http:80
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry ocsp.verisign.com                           http:80
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry cacerts.digicert.com                        http:80
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry www.msftconnecttest.com                     http:80
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry dmd.metaservices.microsoft.com              http:80
		"platform traffic" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry 40.77.24.27                                 tcp:80,443
		"health monitoring" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry 13.90.249.229                               tcp:80,443
		"health monitoring" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry 104.45.230.69                               tcp:80,443
		"health monitoring" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry 13.82.184.151                               tcp:80,443
		"health monitoring" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;

	# With +optional.
	entry 0.0.0.0/0                                 udp:123           optional
		"time, from many servers; the page means any address" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry 0.0.0.0/0                                 tcp:12000         optional
		"diagnostics for support only; the page means any address" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry wawsinfraprodbay063.blob.core.windows.net https:443         optional
		"Linux apps" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry mcr.microsoft.com                         https:443         optional
		"Linux apps" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry *.cdn.mscr.io                             https:443         optional
		"Linux apps" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry apt-mo.trafficmanager.net                 https:443,http:80 optional
		"Linux apps" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry azure.archive.ubuntu.com                  https:443,http:80 optional
		"Linux apps" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry us.archive.ubuntu.com                     http:80           optional
		"Linux apps" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry security.ubuntu.com                       http:80           optional
		"Linux apps" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry changelogs.ubuntu.com                     http:80           optional
		"Linux apps" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry 13.74.252.37                              tcp:11371         optional
		"Linux apps: key server" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry 13.75.127.55                              tcp:11371         optional
		"Linux apps: key server" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry 13.76.190.189                             tcp:11371         optional
		"Linux apps: key server" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry 13.80.10.205                              tcp:11371         optional
		"Linux apps: key server" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry 13.91.48.226                              tcp:11371         optional
		"Linux apps: key server" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry 40.76.35.62                               tcp:11371         optional
		"Linux apps: key server" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
	entry 104.215.95.108                            tcp:11371         optional
		"Linux apps: key server" source "azure-docs: articles/app-service/environment/firewall-integration.md" as-of 2019-08-31;
}
