# The Azure portal in a browser. Sign-in and the shell are needed; each service's blade is optional
# (+optional brings all of them). Both the wildcard and its apex are listed, as the page advises.
# The page also names port 80 for the whole list; that is left out here.
# From the portal safelist page of 2025-08-28.

tag AzurePortal {
	entry login.microsoft.com            https:443
		"sign-in to the portal" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry login.microsoftonline.com      https:443
		"sign-in to the portal" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry login.live.com                 https:443
		"sign-in to the portal" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.aadcdn.msftauth.net          https:443
		"sign-in to the portal" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.aadcdn.msftauthimages.net    https:443
		"sign-in to the portal" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.aadcdn.msauthimages.net      https:443
		"sign-in to the portal" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.logincdn.msftauth.net        https:443
		"sign-in to the portal" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.msauth.net                   https:443
		"sign-in to the portal" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.aadcdn.microsoftonline-p.com https:443
		"sign-in to the portal" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.microsoftonline-p.com        https:443
		"sign-in to the portal" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.portal.azure.com             https:443
		"portal shell and calls to resources" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.hosting.portal.azure.net     https:443
		"portal shell and calls to resources" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.hosting-ms.portal.azure.net  https:443
		"portal shell and calls to resources" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.reactblade.portal.azure.net  https:443
		"portal shell and calls to resources" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry management.azure.com           https:443
		"portal shell and calls to resources" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.ext.azure.com                https:443
		"portal shell and calls to resources" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.graph.windows.net            https:443
		"portal shell and calls to resources" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.graph.microsoft.com          https:443
		"portal shell and calls to resources" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry hosting.partners.azure.net     https:443
		"portal shell and calls to resources" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry aadcdn.msftauth.net            https:443
		"apex of the wildcard; the page advises to add it" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry aadcdn.msftauthimages.net      https:443
		"apex of the wildcard; the page advises to add it" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry aadcdn.msauthimages.net        https:443
		"apex of the wildcard; the page advises to add it" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry logincdn.msftauth.net          https:443
		"apex of the wildcard; the page advises to add it" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry msauth.net                     https:443
		"apex of the wildcard; the page advises to add it" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry aadcdn.microsoftonline-p.com   https:443
		"apex of the wildcard; the page advises to add it" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry microsoftonline-p.com          https:443
		"apex of the wildcard; the page advises to add it" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry portal.azure.com               https:443
		"apex of the wildcard; the page advises to add it" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry hosting.portal.azure.net       https:443
		"apex of the wildcard; the page advises to add it" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry hosting-ms.portal.azure.net    https:443
		"apex of the wildcard; the page advises to add it" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry reactblade.portal.azure.net    https:443
		"apex of the wildcard; the page advises to add it" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry ext.azure.com                  https:443
		"apex of the wildcard; the page advises to add it" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry graph.windows.net              https:443
		"apex of the wildcard; the page advises to add it" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry graph.microsoft.com            https:443
		"apex of the wildcard; the page advises to add it" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;

	# With +optional.
	entry *.account.microsoft.com                     https:443 optional
		"account and billing data" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.bmx.azure.com                             https:443 optional
		"account and billing data" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.subscriptionrp.trafficmanager.net         https:443 optional
		"account and billing data" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.signup.azure.com                          https:443 optional
		"account and billing data" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry account.microsoft.com                       https:443 optional
		"apex of the wildcard; the page advises to add it" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry bmx.azure.com                               https:443 optional
		"apex of the wildcard; the page advises to add it" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry subscriptionrp.trafficmanager.net           https:443 optional
		"apex of the wildcard; the page advises to add it" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry signup.azure.com                            https:443 optional
		"apex of the wildcard; the page advises to add it" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry aka.ms                                      https:443 optional
		"short links" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.asazure.windows.net                       https:443 optional
		"blade of Analysis Services" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.azconfig.io                               https:443 optional
		"blade of App Configuration" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.aad.azure.com                             https:443 optional
		"blade of Entra ID" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.aadconnecthealth.azure.com                https:443 optional
		"blade of Entra ID" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry ad.azure.com                                https:443 optional
		"blade of Entra ID" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry adf.azure.com                               https:443 optional
		"blade of Data Factory" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry api.aadrm.com                               https:443 optional
		"blade of Entra ID" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry api.loganalytics.io                         https:443 optional
		"blade of Log Analytics query" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry api.azrbac.mspim.azure.com                  https:443 optional
		"blade of Entra ID" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.applicationinsights.azure.com             https:443 optional
		"blade of Application Insights" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry appmanagement.activedirectory.microsoft.com https:443 optional
		"blade of Entra ID" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry appservice.azure.com                        https:443 optional
		"blade of App Service" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.arc.azure.net                             https:443 optional
		"blade of Arc" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry asazure.windows.net                         https:443 optional
		"blade of Analysis Services" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry bastion.azure.com                           https:443 optional
		"blade of Bastion" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry batch.azure.com                             https:443 optional
		"blade of Batch" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry catalogapi.azure.com                        https:443 optional
		"blade of Marketplace" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry catalogartifact.azureedge.net               https:443 optional
		"blade of Marketplace" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry changeanalysis.azure.com                    https:443 optional
		"blade of Change Analysis" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry cognitiveservices.azure.com                 https:443 optional
		"blade of Cognitive Services" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry config.office.com                           https:443 optional
		"blade of Office" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry cosmos.azure.com                            https:443 optional
		"blade of Cosmos DB" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.database.windows.net                      https:443 optional
		"blade of SQL" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry datalake.azure.net                          https:443 optional
		"blade of Data Lake" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry dev.azure.com                               https:443 optional
		"blade of DevOps" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry dev.azuresynapse.net                        https:443 optional
		"blade of Synapse" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry digitaltwins.azure.net                      https:443 optional
		"blade of Digital Twins" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry elm.iga.azure.com                           https:443 optional
		"blade of Entra ID" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry eventhubs.azure.net                         https:443 optional
		"blade of Event Hubs" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry functions.azure.com                         https:443 optional
		"blade of Functions" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry gallery.azure.com                           https:443 optional
		"blade of Marketplace" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry go.microsoft.com                            https:443 optional
		"documentation links" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry help.kusto.windows.net                      https:443 optional
		"Kusto help" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry identitygovernance.azure.com                https:443 optional
		"blade of Entra ID" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry iga.azure.com                               https:443 optional
		"blade of Entra ID" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry informationprotection.azure.com             https:443 optional
		"blade of Entra ID" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry kusto.windows.net                           https:443 optional
		"blade of Kusto" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry learn.microsoft.com                         https:443 optional
		"documentation" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry logic.azure.com                             https:443 optional
		"blade of Logic Apps" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry marketplacedataprovider.azure.com           https:443 optional
		"blade of Marketplace" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry main.prod.marketplacedataprovider.azure.com https:443 optional
		"blade of Marketplace" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry marketplaceemail.azure.com                  https:443 optional
		"blade of Marketplace" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry media.azure.net                             https:443 optional
		"blade of Media Services" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry monitor.azure.com                           https:443 optional
		"blade of Monitor" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry *.msidentity.com                            https:443 optional
		"blade of Entra ID" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry mspim.azure.com                             https:443 optional
		"blade of Entra ID" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry network.azure.com                           https:443 optional
		"blade of Network" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry purview.azure.com                           https:443 optional
		"blade of Purview" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry quantum.azure.com                           https:443 optional
		"blade of Quantum" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry rest.media.azure.net                        https:443 optional
		"blade of Media Services" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry search.azure.com                            https:443 optional
		"blade of Search" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry servicebus.azure.net                        https:443 optional
		"blade of Service Bus" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry servicebus.windows.net                      https:443 optional
		"blade of Service Bus" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry shell.azure.com                             https:443 optional
		"blade of Cloud Shell" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry sphere.azure.net                            https:443 optional
		"blade of Sphere" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry azure.status.microsoft                      https:443 optional
		"Azure status page" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry storage.azure.com                           https:443 optional
		"blade of Storage" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry storage.azure.net                           https:443 optional
		"blade of Storage" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry vault.azure.net                             https:443 optional
		"blade of Key Vault" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry ux.console.azure.com                        https:443 optional
		"blade of Cloud Shell" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;

	# The address form, with +optional.
	entry service-tag:AzureActiveDirectory      tcp:443 optional
		"address form, wider than the names" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry service-tag:AzureResourceManager      tcp:443 optional
		"address form, wider than the names" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry service-tag:AzureFrontDoor.Frontend   tcp:443 optional
		"address form, wider than the names" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry service-tag:AzureFrontDoor.FirstParty tcp:443 optional
		"address form, wider than the names" source "azure-management-docs: articles/azure-portal/azure-portal-safelist-urls.md" as-of 2025-08-28;
	entry service-tag:AzurePortal               tcp:443 optional
		"address form of 2023; the present page dropped it for browsers" source "Azure documentation, FQDN tags and service tags by system" as-of 2023-03;
}
