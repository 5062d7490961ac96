/*
 * record_azfw -- the access record in the columns of Azure Firewall's resource-specific tables.
 * `log-format azfw`: one JSON object a line, each a row of AZFWApplicationRule, AZFWNetworkRule or AZFWDnsQuery,
 * which its member Type names.  A column that Sekisho has nothing for is left out.  As bounded as the JSON form.
 */
#ifndef SEKISHO_LOG_RECORD_AZFW_H
#define SEKISHO_LOG_RECORD_AZFW_H

#include "log/record.h"

/* Nothing is added for a start or an interim record: the tables know one row for each decision. */
void record_azfw(const struct access_record *r, struct strbuf *out);
void record_azfw_dns(const struct dns_record_entry *r, struct strbuf *out);

#endif
