/*
 * region -- the Azure regions: name, Azure Backup's code for it, the spelling in AzureCloud tags.
 * A pure table.  Facts: the geo-code list of the Cloud Adoption Framework's Terraform module and the
 * service-tag file of 2025-10-28.
 */
#ifndef SEKISHO_CONFIG_REGION_H
#define SEKISHO_CONFIG_REGION_H

#include "base/sv.h"

struct region {
	const char *name;               /* "japaneast" */
	const char *geo;                /* "jpe", or NULL when no code is known */
	const char *azurecloud;         /* "centralfrance" for francecentral; else the name */
	const char *cloud;              /* "public", "government", "china" */
};

const struct region *region_find(struct sv name);       /* without regard to case; NULL: no such */
const char *region_suggest(struct sv name);             /* "did you mean", or NULL */
const struct region *region_all(size_t *n);

#endif
