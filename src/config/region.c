/*
 * region -- the table, sorted by name, and looking things up in it.
 */
#include "config/region.h"

#include "base/suggest.h"

#define PUBLIC(name, geo) { name, geo, name, "public" }
#define RESPELT(name, geo, azurecloud) { name, geo, azurecloud, "public" }
#define GOVERNMENT(name, geo) { name, geo, name, "government" }
#define CHINA(name, geo) { name, geo, name, "china" }

static const struct region regions[] = {
	PUBLIC("australiacentral", "acl"),
	PUBLIC("australiacentral2", "acl2"),
	PUBLIC("australiaeast", "ae"),
	PUBLIC("australiasoutheast", "ase"),
	PUBLIC("austriaeast", NULL),
	PUBLIC("belgiumcentral", NULL),
	PUBLIC("brazilsouth", "brs"),
	RESPELT("brazilsoutheast", "bse", "brazilse"),
	PUBLIC("canadacentral", "cnc"),
	PUBLIC("canadaeast", "cne"),
	PUBLIC("centralindia", "inc"),
	PUBLIC("centralus", "cus"),
	PUBLIC("centraluseuap", "ccy"),
	RESPELT("chilecentral", NULL, "chilec"),
	CHINA("chinaeast", "sha"),
	CHINA("chinaeast2", "sha2"),
	CHINA("chinaeast3", "sha3"),
	CHINA("chinanorth", "bjb"),
	CHINA("chinanorth2", "bjb2"),
	CHINA("chinanorth3", "bjb3"),
	PUBLIC("eastasia", "ea"),
	PUBLIC("eastus", "eus"),
	PUBLIC("eastus2", "eus2"),
	PUBLIC("eastus2euap", "ecy"),
	RESPELT("francecentral", "frc", "centralfrance"),
	RESPELT("francesouth", "frs", "southfrance"),
	RESPELT("germanynorth", "gn", "germanyn"),
	RESPELT("germanywestcentral", "gwc", "germanywc"),
	PUBLIC("indonesiacentral", NULL),
	PUBLIC("israelcentral", NULL),
	PUBLIC("israelnorthwest", NULL),
	PUBLIC("italynorth", "itn"),
	PUBLIC("japaneast", "jpe"),
	PUBLIC("japanwest", "jpw"),
	PUBLIC("jioindiacentral", "jic"),
	PUBLIC("jioindiawest", "jiw"),
	PUBLIC("koreacentral", "krc"),
	PUBLIC("koreasouth", "krs"),
	PUBLIC("malaysiasouth", NULL),
	PUBLIC("malaysiawest", NULL),
	PUBLIC("mexicocentral", NULL),
	PUBLIC("newzealandnorth", NULL),
	PUBLIC("northcentralus", "ncus"),
	PUBLIC("northeurope", "ne"),
	RESPELT("norwayeast", "nwe", "norwaye"),
	RESPELT("norwaywest", "nww", "norwayw"),
	PUBLIC("polandcentral", NULL),
	PUBLIC("qatarcentral", "qac"),
	PUBLIC("southafricanorth", "san"),
	PUBLIC("southafricawest", "saw"),
	PUBLIC("southcentralus", "scus"),
	PUBLIC("southcentralus2", NULL),
	PUBLIC("southeastasia", "sea"),
	PUBLIC("southeastus", NULL),
	PUBLIC("southeastus3", NULL),
	PUBLIC("southindia", "ins"),
	PUBLIC("spaincentral", NULL),
	PUBLIC("swedencentral", "sdc"),
	PUBLIC("swedensouth", "sds"),
	RESPELT("switzerlandnorth", "szn", "switzerlandn"),
	RESPELT("switzerlandwest", "szw", "switzerlandw"),
	PUBLIC("taiwannorth", NULL),
	PUBLIC("taiwannorthwest", NULL),
	PUBLIC("uaecentral", "uac"),
	PUBLIC("uaenorth", "uan"),
	PUBLIC("uksouth", "uks"),
	PUBLIC("ukwest", "ukw"),
	GOVERNMENT("usdodcentral", "udc"),
	GOVERNMENT("usdodeast", "ude"),
	GOVERNMENT("usgovarizona", "uga"),
	GOVERNMENT("usgoviowa", "ugi"),
	GOVERNMENT("usgovtexas", "ugt"),
	GOVERNMENT("usgovvirginia", "ugv"),
	PUBLIC("westcentralus", "wcus"),
	PUBLIC("westeurope", "we"),
	PUBLIC("westindia", "inw"),
	PUBLIC("westus", "wus"),
	PUBLIC("westus2", "wus2"),
	PUBLIC("westus3", "wus3"),
};

enum { N_REGIONS = sizeof(regions) / sizeof(regions[0]) };

const struct region *region_all(size_t *n)
{
	*n = N_REGIONS;
	return regions;
}

const struct region *region_find(struct sv name)
{
	for (size_t i = 0; i < N_REGIONS; i++)
		if (sv_eq_nocase(name, sv_of(regions[i].name)))
			return &regions[i];
	return NULL;
}

const char *region_suggest(struct sv name)
{
	struct suggest s;

	suggest_init(&s, name);
	for (size_t i = 0; i < N_REGIONS; i++)
		suggest_offer(&s, regions[i].name);
	return suggest_best(&s);
}
