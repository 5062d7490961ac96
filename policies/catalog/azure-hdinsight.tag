# Azure HDInsight clusters: a partial list, by the page's own words. Management addresses (routes by
# region) are not in it. Set `param storage_account`. Azure Firewall's interface spells the tag
# HDInsight, which is an alias here. From the outbound restriction page of 2020-04-17.

tag AzureHDInsight {
	entry azure.archive.ubuntu.com                  http:80
		"system patches and OCSP" source "azure-docs: articles/hdinsight/hdinsight-restrict-outbound-traffic.md" as-of 2020-04-17;
	entry security.ubuntu.com                       http:80
		"system patches and OCSP" source "azure-docs: articles/hdinsight/hdinsight-restrict-outbound-traffic.md" as-of 2020-04-17;
	entry us.archive.ubuntu.com                     http:80
		"system patches and OCSP" source "azure-docs: articles/hdinsight/hdinsight-restrict-outbound-traffic.md" as-of 2020-04-17;
	entry ocsp.msocsp.com                           http:80
		"system patches and OCSP" source "azure-docs: articles/hdinsight/hdinsight-restrict-outbound-traffic.md" as-of 2020-04-17;
	entry ocsp.digicert.com                         http:80
		"system patches and OCSP" source "azure-docs: articles/hdinsight/hdinsight-restrict-outbound-traffic.md" as-of 2020-04-17;
	entry wawsinfraprodbay063.blob.core.windows.net https:443
		"platform storage" source "azure-docs: articles/hdinsight/hdinsight-restrict-outbound-traffic.md" as-of 2020-04-17;
	entry login.windows.net                         https:443
		"sign-in" source "azure-docs: articles/hdinsight/hdinsight-restrict-outbound-traffic.md" as-of 2020-04-17;
	entry login.microsoftonline.com                 https:443
		"sign-in" source "azure-docs: articles/hdinsight/hdinsight-restrict-outbound-traffic.md" as-of 2020-04-17;
	entry ${storage_account}.blob.core.windows.net  https:443
		"storage account of the cluster" source "azure-docs: articles/hdinsight/hdinsight-restrict-outbound-traffic.md" as-of 2020-04-17;

	# With +optional.
	entry ${storage_account}.blob.core.windows.net http:80   optional
		"storage account of the cluster without secure transfer" source "azure-docs: articles/hdinsight/hdinsight-restrict-outbound-traffic.md" as-of 2020-04-17;
	entry 0.0.0.0/0                                udp:123   optional
		"time; the page means any address" source "azure-docs: articles/hdinsight/hdinsight-restrict-outbound-traffic.md" as-of 2020-04-17;
	entry 0.0.0.0/0                                tcp:12000 optional
		"Log Analytics; the page means any address" source "azure-docs: articles/hdinsight/hdinsight-restrict-outbound-traffic.md" as-of 2020-04-17;

	# The address form, with +optional.
	entry service-tag:Sql tcp:1433 optional
		"metastores, unless a service endpoint leads to them" source "azure-docs: articles/hdinsight/hdinsight-restrict-outbound-traffic.md" as-of 2020-04-17;
}

# The spelling of Azure Firewall's interface.
tag HDInsight {
	include AzureHDInsight;
}
