# The integrated Qualys scanner of Defender for Cloud. The extension takes no proxy setting: it needs a
# routed path. The offer is said to have ended in 2024-05, which was not verified.
# From the vulnerability assessment page of 2021-11-16.

tag QualysExtension {
	entry qagpublic.qg3.apps.qualys.com https:443
		"US data center, VMs outside Europe; the extension knows no proxy; offer said to have ended in 2024-05 (unverified)" source "azure-docs: articles/defender-for-cloud/deploy-vulnerability-assessment-vm.md" as-of 2021-11-16;
	entry qagpublic.qg2.apps.qualys.eu  https:443
		"European data center; setup tries both names; the extension knows no proxy" source "azure-docs: articles/defender-for-cloud/deploy-vulnerability-assessment-vm.md" as-of 2021-11-16;
}
