# The Defender for Containers sensor on cluster nodes. The opinsights wildcards open every customer's
# workspace. From the AKS egress page of 2026-06-18. Profile: government.

tag DefenderForContainers {
	entry login.microsoftonline.com      https:443
		"Entra ID" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry *.ods.opinsights.azure.com     https:443
		"event upload" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry *.oms.opinsights.azure.com     https:443
		"sign-in to the workspace" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry *.cloud.defender.microsoft.com https:443
		"event upload, newer host" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;

	# With +government.
	entry login.microsoftonline.us  https:443 profile government
		"US Government cloud" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry *.ods.opinsights.azure.us https:443 profile government
		"US Government cloud" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
	entry *.oms.opinsights.azure.us https:443 profile government
		"US Government cloud" source "azure-aks-docs: articles/aks/outbound-rules-control-egress.md" as-of 2026-06-18;
}
