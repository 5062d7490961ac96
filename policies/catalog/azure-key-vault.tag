# Azure Key Vault, one vault of yours: set `param vault`. *.vault.azure.net would open the vaults of
# every customer, so the catalog never says that. Tokens come from Entra ID.
# From the Key Vault firewall page of 2026-04-10. Profiles: government, china.

tag AzureKeyVault {
	entry ${vault}.vault.azure.net  https:443
		"keys and secrets" source "azure-security-docs: articles/key-vault/general/access-behind-firewall.md" as-of 2026-04-10;
	entry login.microsoftonline.com https:443
		"token from Entra ID" source "azure-security-docs: articles/key-vault/general/access-behind-firewall.md" as-of 2026-04-10;

	# With +optional.
	entry login.live.com       https:443 optional
		"users with a Microsoft account" source "azure-security-docs: articles/key-vault/general/access-behind-firewall.md" as-of 2026-04-10;
	entry management.azure.com https:443 optional
		"control plane" source "azure-security-docs: articles/key-vault/general/access-behind-firewall.md" as-of 2026-04-10;
	entry graph.microsoft.com  https:443 optional
		"control plane" source "azure-security-docs: articles/key-vault/general/access-behind-firewall.md" as-of 2026-04-10;

	# With +government.
	entry ${vault}.vault.usgovcloudapi.net https:443 profile government
		"US Government cloud" source "azure-security-docs: articles/key-vault/general/access-behind-firewall.md" as-of 2026-04-10;
	entry login.microsoftonline.us         https:443 profile government
		"US Government cloud" source "azure-security-docs: articles/key-vault/general/access-behind-firewall.md" as-of 2026-04-10;
	entry management.usgovcloudapi.net     https:443 profile government
		"US Government cloud" source "azure-security-docs: articles/key-vault/general/access-behind-firewall.md" as-of 2026-04-10;

	# With +china.
	entry ${vault}.vault.azure.cn     https:443 profile china
		"China cloud" source "azure-security-docs: articles/key-vault/general/access-behind-firewall.md" as-of 2026-04-10;
	entry login.chinacloudapi.cn      https:443 profile china
		"China cloud" source "azure-security-docs: articles/key-vault/general/access-behind-firewall.md" as-of 2026-04-10;
	entry management.chinacloudapi.cn https:443 profile china
		"China cloud" source "azure-security-docs: articles/key-vault/general/access-behind-firewall.md" as-of 2026-04-10;
	entry graph.chinacloudapi.cn      https:443 profile china
		"China cloud" source "azure-security-docs: articles/key-vault/general/access-behind-firewall.md" as-of 2026-04-10;

	# The address form, with +optional.
	entry service-tag:AzureKeyVault.${region} tcp:443 optional
		"address form; Key Vault publishes no fixed list" source "azure-docs: articles/virtual-network/service-tags-overview.md" as-of 2021-04-23;
}
