# Azure machine configuration (formerly guest configuration). Built-in packages come from one storage
# account a region, and the page asks for all of them. From the overview page of 2023-04-18.

tag MachineConfiguration {
	entry *.guestconfiguration.azure.com              https:443
		"assignments and reports" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigac2s1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigacs1.blob.core.windows.net   https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigaes1.blob.core.windows.net   https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigases1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigbrses1.blob.core.windows.net https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigbrss1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigccs1.blob.core.windows.net   https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigces1.blob.core.windows.net   https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigcids1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigcuss1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigeaps1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigeas1.blob.core.windows.net   https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigeus2s1.blob.core.windows.net https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigeuss1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigfcs1.blob.core.windows.net   https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigfss1.blob.core.windows.net   https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfiggewcs1.blob.core.windows.net https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfiggns1.blob.core.windows.net   https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfiggwcs1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigjiws1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigjpes1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigjpws1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigkcs1.blob.core.windows.net   https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigkss1.blob.core.windows.net   https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigncuss1.blob.core.windows.net https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfignes1.blob.core.windows.net   https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfignres1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfignrws1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigqacs1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigsans1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigscuss1.blob.core.windows.net https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigseas1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigsecs1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigsfns1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigsfws1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigsids1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigstzns1.blob.core.windows.net https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigswcs1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigswns1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigswss1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigswws1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfiguaecs1.blob.core.windows.net https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfiguaens1.blob.core.windows.net https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigukss1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigukws1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigwcuss1.blob.core.windows.net https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigwes1.blob.core.windows.net   https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigwids1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigwus2s1.blob.core.windows.net https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigwus3s1.blob.core.windows.net https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry oaasguestconfigwuss1.blob.core.windows.net  https:443
		"built-in packages, one account a region; the page asks for all of them" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;

	# With +optional.
	entry agentserviceapi.guestconfiguration.azure.com https:443 optional
		"inside the wildcard; listed in 2023" source "Azure documentation, FQDN tags and service tags by system" as-of 2023-03;
	entry ${storage_account}.blob.core.windows.net     https:443 optional
		"packages of your own in your account" source "Azure documentation, FQDN tags and service tags by system" as-of 2023-03;

	# The address form, with +optional.
	entry service-tag:AzureArcInfrastructure tcp:443 optional
		"address form, both tags together" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
	entry service-tag:Storage                tcp:443 optional
		"address form, both tags together" source "azure-docs: articles/governance/machine-configuration/overview.md" as-of 2023-04-18;
}
