# Microsoft 365, by service area and category, named as Azure Firewall names them:
#     Office365.<Exchange|SharePoint|Skype|Common>.<Optimize|Allow.Required|Allow.NotRequired|
#                                                   Default.Required|Default.NotRequired>
#     Office365.Exchange ...      one service area; note that each area also wants Office365.Common
#     Office365                   all of it
# Every entry tells the set it comes from. The entries of the NotRequired tags are optional: write
# tag:Office365.Exchange.Allow.NotRequired+optional. A name that stands in several sets is listed in each
# sub-tag. Set `param tenant` (the contoso of contoso.onmicrosoft.com).
# This is the list of 2022-07-28, corrected where a newer source was at hand: an old snapshot. The web
# service at endpoints.office.com has the present state; sets that are newer than 2022 are missing here.

tag Office365 {
	include Office365.Common;
	include Office365.Exchange;
	include Office365.SharePoint;
	include Office365.Skype;
}

tag Office365.Exchange {
	include Office365.Exchange.Optimize;
	include Office365.Exchange.Allow.Required;
	include Office365.Exchange.Allow.NotRequired;
	include Office365.Exchange.Default.Required;
}

tag Office365.SharePoint {
	include Office365.SharePoint.Optimize;
	include Office365.SharePoint.Default.Required;
	include Office365.SharePoint.Default.NotRequired;
}

tag Office365.Skype {
	include Office365.Skype.Optimize;
	include Office365.Skype.Allow.Required;
	include Office365.Skype.Allow.NotRequired;
	include Office365.Skype.Default.Required;
	include Office365.Skype.Default.NotRequired;
}

tag Office365.Common {
	include Office365.Common.Allow.Required;
	include Office365.Common.Default.Required;
	include Office365.Common.Default.NotRequired;
}

tag Office365.Exchange.Optimize {
	entry outlook.office.com    https:443,http:80
		"set 1: Exchange Online" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry outlook.office365.com https:443,http:80
		"set 1: Exchange Online" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry 13.107.6.152/31       tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 13.107.18.10/31       tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 13.107.128.0/22       tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 23.103.160.0/20       tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 40.96.0.0/13          tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 40.104.0.0/15         tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 52.96.0.0/14          tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 131.253.33.215/32     tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 132.245.0.0/16        tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 150.171.32.0/22       tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 204.79.197.215/32     tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1006::/40        tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1016::/36        tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1026::/36        tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1036::/36        tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1046::/36        tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1056::/36        tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:4::152/128   tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:4::153/128   tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:c::10/128    tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:c::11/128    tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:d::10/128    tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:d::11/128    tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:8f0::/46     tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:900::/46     tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:a92::152/128 tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:a92::153/128 tcp:80,443
		"set 1: Exchange Online" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;

	# With +optional.
	entry outlook.cloud.microsoft https:443 optional
		"seen in 2024 without its set, likely set 1" source "Microsoft 365 web service of 2024-04-26" as-of 2024-04-26;
}

tag Office365.Exchange.Allow.Required {
	entry smtp.office365.com            tcp:587
		"set 2: SMTP submission" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry 13.107.6.152/31               tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 13.107.18.10/31               tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 13.107.128.0/22               tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 23.103.160.0/20               tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 40.96.0.0/13                  tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 40.104.0.0/15                 tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 52.96.0.0/14                  tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 131.253.33.215/32             tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 132.245.0.0/16                tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 150.171.32.0/22               tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 204.79.197.215/32             tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1006::/40                tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1016::/36                tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1026::/36                tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1036::/36                tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1046::/36                tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1056::/36                tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:4::152/128           tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:4::153/128           tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:c::10/128            tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:c::11/128            tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:d::10/128            tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:d::11/128            tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:8f0::/46             tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:900::/46             tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:a92::152/128         tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:a92::153/128         tcp:587
		"set 2: SMTP submission" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry *.protection.outlook.com      https:443
		"set 9: Exchange Online Protection" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry 40.92.0.0/15                  tcp:443
		"set 9: Exchange Online Protection" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 40.107.0.0/16                 tcp:443
		"set 9: Exchange Online Protection" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 52.100.0.0/14                 tcp:443
		"set 9: Exchange Online Protection" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 52.238.78.88/32               tcp:443
		"set 9: Exchange Online Protection" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 104.47.0.0/17                 tcp:443
		"set 9: Exchange Online Protection" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry *.mail.protection.outlook.com tcp:25
		"set 10: Exchange Online Protection, mail flow" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry 40.92.0.0/15                  tcp:25
		"set 10: Exchange Online Protection, mail flow" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 40.107.0.0/16                 tcp:25
		"set 10: Exchange Online Protection, mail flow" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 52.100.0.0/14                 tcp:25
		"set 10: Exchange Online Protection, mail flow" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 104.47.0.0/17                 tcp:25
		"set 10: Exchange Online Protection, mail flow" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
}

tag Office365.Exchange.Allow.NotRequired {
	# With +optional.
	entry *.outlook.office.com  tcp:143,993 optional
		"set 5: migration by IMAP4" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry outlook.office365.com tcp:143,993 optional
		"set 5: migration by IMAP4" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry 13.107.6.152/31       tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 13.107.18.10/31       tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 13.107.128.0/22       tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 23.103.160.0/20       tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 40.96.0.0/13          tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 40.104.0.0/15         tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 52.96.0.0/14          tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 131.253.33.215/32     tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 132.245.0.0/16        tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 150.171.32.0/22       tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 204.79.197.215/32     tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1006::/40        tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1016::/36        tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1026::/36        tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1036::/36        tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1046::/36        tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1056::/36        tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:4::152/128   tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:4::153/128   tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:c::10/128    tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:c::11/128    tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:d::10/128    tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:d::11/128    tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:8f0::/46     tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:900::/46     tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:a92::152/128 tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:a92::153/128 tcp:143,993 optional
		"set 5: migration by IMAP4" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry *.outlook.office.com  tcp:995     optional
		"set 6: migration by POP3" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry outlook.office365.com tcp:995     optional
		"set 6: migration by POP3" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry 13.107.6.152/31       tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 13.107.18.10/31       tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 13.107.128.0/22       tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 23.103.160.0/20       tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 40.96.0.0/13          tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 40.104.0.0/15         tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 52.96.0.0/14          tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 131.253.33.215/32     tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 132.245.0.0/16        tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 150.171.32.0/22       tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 204.79.197.215/32     tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1006::/40        tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1016::/36        tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1026::/36        tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1036::/36        tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1046::/36        tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1056::/36        tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:4::152/128   tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:4::153/128   tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:c::10/128    tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:c::11/128    tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:d::10/128    tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:d::11/128    tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:8f0::/46     tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:900::/46     tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:a92::152/128 tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:a92::153/128 tcp:995     optional
		"set 6: migration by POP3" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
}

tag Office365.Exchange.Default.Required {
	entry r1.res.office365.com                   https:443,http:80
		"set 3: static content of Exchange Online" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry r3.res.office365.com                   https:443,http:80
		"set 3: static content of Exchange Online" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry r4.res.office365.com                   https:443,http:80
		"set 3: static content of Exchange Online" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.outlook.com                          https:443,http:80
		"set 8: Outlook" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry attachments.office.net                 https:443,http:80
		"set 8: Outlook" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry autodiscover.${tenant}.onmicrosoft.com https:443,http:80
		"set 154: Autodiscover" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
}

tag Office365.SharePoint.Optimize {
	entry ${tenant}.sharepoint.com    https:443,http:80
		"set 31: SharePoint and OneDrive" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry ${tenant}-my.sharepoint.com https:443,http:80
		"set 31: SharePoint and OneDrive" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry 13.107.136.0/22             tcp:80,443
		"set 31: SharePoint and OneDrive" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 40.108.128.0/17             tcp:80,443
		"set 31: SharePoint and OneDrive" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 52.104.0.0/14               tcp:80,443
		"set 31: SharePoint and OneDrive" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 104.146.128.0/17            tcp:80,443
		"set 31: SharePoint and OneDrive" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 150.171.40.0/22             tcp:80,443
		"set 31: SharePoint and OneDrive" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1061:1300::/40         tcp:80,443
		"set 31: SharePoint and OneDrive" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:8f8::/46           tcp:80,443
		"set 31: SharePoint and OneDrive" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2620:1ec:908::/46           tcp:80,443
		"set 31: SharePoint and OneDrive" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2a01:111:f402::/48          tcp:80,443
		"set 31: SharePoint and OneDrive" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
}

tag Office365.SharePoint.Default.Required {
	entry *.wns.windows.com                https:443,http:80
		"set 35: OneDrive client" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry admin.onedrive.com               https:443,http:80
		"set 35: OneDrive client" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry officeclient.microsoft.com       https:443,http:80
		"set 35: OneDrive client" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry g.live.com                       https:443,http:80
		"set 36: updates of the OneDrive client" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry oneclient.sfx.ms                 https:443,http:80
		"set 36: updates of the OneDrive client" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.sharepointonline.com           https:443,http:80
		"set 37: static content of SharePoint" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry spoprod-a.akamaihd.net           https:443,http:80
		"set 37: static content of SharePoint" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.gr.global.aa-rt.sharepoint.com https:443,http:80
		"set 39: further SharePoint hosts of the tenant" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.svc.ms                         https:443,http:80
		"set 39: further SharePoint hosts of the tenant" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry ${tenant}-admin.sharepoint.com   https:443,http:80
		"set 39: further SharePoint hosts of the tenant" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry ${tenant}-files.sharepoint.com   https:443,http:80
		"set 39: further SharePoint hosts of the tenant" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry ${tenant}-myfiles.sharepoint.com https:443,http:80
		"set 39: further SharePoint hosts of the tenant" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
}

tag Office365.SharePoint.Default.NotRequired {
	# With +optional.
	entry ssw.live.com                                https:443 optional
		"set 32: OneDrive support and telemetry" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry storage.live.com                            https:443 optional
		"set 32: OneDrive support and telemetry" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.search.production.apac.trafficmanager.net https:443 optional
		"set 33: hybrid search of SharePoint" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.search.production.emea.trafficmanager.net https:443 optional
		"set 33: hybrid search of SharePoint" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.search.production.us.trafficmanager.net   https:443 optional
		"set 33: hybrid search of SharePoint" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
}

tag Office365.Skype.Optimize {
	entry 13.107.64.0/18 udp:3478-3481
		"set 11: Teams media" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 52.112.0.0/14  udp:3478-3481
		"set 11: Teams media" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 52.122.0.0/15  udp:3478-3481
		"set 11: Teams media" source "unofficial undated copy of the same list (newer than 2022-07); web-service snapshot 2024-04-26" as-of 2024-04-26;
	entry 2603:1063::/38 udp:3478-3481
		"set 11: Teams media" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
}

tag Office365.Skype.Allow.Required {
	entry *.lync.com            https:443,http:80
		"set 12: Teams and Skype for Business" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.teams.microsoft.com https:443,http:80
		"set 12: Teams and Skype for Business" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry teams.microsoft.com   https:443,http:80
		"set 12: Teams and Skype for Business" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry 13.107.64.0/18        tcp:80,443
		"set 12: Teams and Skype for Business" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 13.107.64.0/18        tcp:443
		"set 13: Teams live events" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 52.112.0.0/14         tcp:80,443
		"set 12: Teams and Skype for Business" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 52.112.0.0/14         tcp:443
		"set 13: Teams live events" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 52.122.0.0/15         tcp:80,443
		"set 12: Teams and Skype for Business" source "unofficial undated copy of the same list (newer than 2022-07); web-service snapshot 2024-04-26" as-of 2024-04-26;
	entry 52.122.0.0/15         tcp:443
		"set 13: Teams live events" source "unofficial undated copy of the same list (newer than 2022-07); web-service snapshot 2024-04-26" as-of 2024-04-26;
	entry 52.238.119.141/32     tcp:80,443
		"set 12: Teams and Skype for Business" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 52.238.119.141/32     tcp:443
		"set 13: Teams live events" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 52.244.160.207/32     tcp:80,443
		"set 12: Teams and Skype for Business" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 52.244.160.207/32     tcp:443
		"set 13: Teams live events" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1063::/38        tcp:80,443
		"set 12: Teams and Skype for Business" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1063::/38        tcp:443
		"set 13: Teams live events" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry *.broadcast.skype.com https:443
		"set 13: Teams live events" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry broadcast.skype.com   https:443
		"set 13: Teams live events" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
}

tag Office365.Skype.Allow.NotRequired {
	# With +optional.
	entry 13.107.64.0/18         tcp:443   optional
		"set 22: messages between Teams and Skype for Business" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 52.112.0.0/14          tcp:443   optional
		"set 22: messages between Teams and Skype for Business" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 52.122.0.0/15          tcp:443   optional
		"set 22: messages between Teams and Skype for Business" source "unofficial undated copy of the same list (newer than 2022-07); web-service snapshot 2024-04-26" as-of 2024-04-26;
	entry 52.238.119.141/32      tcp:443   optional
		"set 22: messages between Teams and Skype for Business" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 52.244.160.207/32      tcp:443   optional
		"set 22: messages between Teams and Skype for Business" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 2603:1063::/38         tcp:443   optional
		"set 22: messages between Teams and Skype for Business" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry *.skypeforbusiness.com https:443 optional
		"set 22: messages between Teams and Skype for Business" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
}

tag Office365.Skype.Default.Required {
	entry *.sfbassets.com                         https:443,http:80
		"set 15: static content of Skype for Business" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.keydelivery.mediaservices.windows.net https:443
		"set 16: Teams media streaming" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.streaming.mediaservices.windows.net   https:443
		"set 16: Teams media streaming" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry mlccdn.blob.core.windows.net            https:443
		"set 16: Teams media streaming" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry aka.ms                                  https:443
		"set 17: short links" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.msedge.net                            https:443
		"set 26: edge servers of Teams; a later list moves compass-ssl to set 180 and makes *.msedge.net optional" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry compass-ssl.microsoft.com               https:443
		"set 26: edge servers of Teams; a later list moves compass-ssl to set 180 and makes *.msedge.net optional" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800); unofficial undated copy of the same list (newer than 2022-07)" as-of 2023;
	entry *.mstea.ms                              https:443
		"set 27: static content of Teams" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.secure.skypeassets.com                https:443
		"set 27: static content of Teams" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry mlccdnprod.azureedge.net                https:443
		"set 27: static content of Teams" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.skype.com                             https:443,http:80
		"set 127: Skype" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
}

tag Office365.Skype.Default.NotRequired {
	# With +optional.
	entry *.users.storage.live.com https:443         optional
		"set 18: contact pictures across federation" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.adl.windows.com        https:443,http:80 optional
		"set 19: conference room systems" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
}

tag Office365.Common.Allow.Required {
	entry *.officeapps.live.com                    https:443,http:80
		"set 46: Office on the web" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.online.office.com                      https:443,http:80
		"set 46: Office on the web" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry office.live.com                          https:443,http:80
		"set 46: Office on the web" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry 13.107.6.171/32                          tcp:80,443
		"set 46: Office on the web" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 13.107.18.15/32                          tcp:80,443
		"set 46: Office on the web" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 13.107.140.6/32                          tcp:80,443
		"set 46: Office on the web" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 52.108.0.0/14                            tcp:80,443
		"sets 46 and 65: Office on the web, account portal" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 52.108.0.0/14                            tcp:443
		"set 64: compliance and security portals" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 52.244.37.168/32                         tcp:80,443
		"set 46: Office on the web" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry *.auth.microsoft.com                     https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.msftidentity.com                       https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.msidentity.com                         https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry account.activedirectory.windowsazure.com https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry accounts.accesscontrol.windows.net       https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry adminwebservice.microsoftonline.com      https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry api.passwordreset.microsoftonline.com    https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry autologon.microsoftazuread-sso.com       https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry becws.microsoftonline.com                https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry ccs.login.microsoftonline.com            https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry clientconfig.microsoftonline-p.net       https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry companymanager.microsoftonline.com       https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry device.login.microsoftonline.com         https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry graph.microsoft.com                      https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry graph.windows.net                        https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry login.microsoft.com                      https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry login.microsoftonline.com                https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry login.microsoftonline-p.com              https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry login.windows.net                        https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry logincert.microsoftonline.com            https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry loginex.microsoftonline.com              https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry login-us.microsoftonline.com             https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry nexus.microsoftonline-p.com              https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry passwordreset.microsoftonline.com        https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry provisioningapi.microsoftonline.com      https:443,http:80
		"set 56: sign-in and directory" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry 20.190.128.0/18                          tcp:80,443
		"set 56: sign-in and directory" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 40.126.0.0/18                            tcp:80,443
		"set 56: sign-in and directory" source "Microsoft 365 list 2022072800, checked against the web service of 2024-04-26" as-of 2024-04-26;
	entry 20.20.32.0/19                            tcp:80,443
		"set 56: sign-in and directory" source "Microsoft 365 web service of 2024-04-26; ServiceTags_Public_20251028.json" as-of 2025-10-28;
	entry 20.231.128.0/19                          tcp:80,443
		"set 56: sign-in and directory" source "Microsoft 365 web service of 2024-04-26; ServiceTags_Public_20251028.json" as-of 2025-10-28;
	entry *.compliance.microsoft.com               https:443
		"set 64: compliance and security portals" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.protection.office.com                  https:443
		"set 64: compliance and security portals" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.security.microsoft.com                 https:443
		"set 64: compliance and security portals" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry compliance.microsoft.com                 https:443
		"set 64: compliance and security portals" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry defender.microsoft.com                   https:443
		"set 64: compliance and security portals" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry protection.office.com                    https:443
		"set 64: compliance and security portals" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry security.microsoft.com                   https:443
		"set 64: compliance and security portals" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry account.office.net                       https:443,http:80
		"set 65: account portal" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
}

tag Office365.Common.Default.Required {
	entry officeclient.microsoft.com                     https:443
		"set 86: settings of Office clients" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.cdn.office.net                               https:443
		"set 47: static content of Office" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry contentstorage.osi.office.net                  https:443
		"set 47: static content of Office" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.onenote.com                                  https:443
		"set 49: OneNote" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *cdn.onenote.net                               https:443
		"set 51: static content of OneNote" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry ajax.aspnetcdn.com                             https:443
		"set 53: OneNote" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry ajax.aspnetcdn.com                             https:443,http:80
		"set 91: static content of Office apps" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry apis.live.net                                  https:443
		"set 53: OneNote" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry officeapps.live.com                            https:443
		"set 53: OneNote" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry www.onedrive.com                               https:443
		"set 53: OneNote" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.hip.live.com                                 https:443,http:80
		"set 59: sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.microsoftonline.com                          https:443,http:80
		"set 59: sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.microsoftonline-p.com                        https:443,http:80
		"set 59: sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.msauth.net                                   https:443,http:80
		"set 59: sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.msauthimages.net                             https:443,http:80
		"set 59: sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.msecnd.net                                   https:443,http:80
		"set 59: sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.msftauth.net                                 https:443,http:80
		"set 59: sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.msftauthimages.net                           https:443,http:80
		"set 59: sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.phonefactor.net                              https:443,http:80
		"set 59: sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry enterpriseregistration.windows.net             https:443,http:80
		"set 59: sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry management.azure.com                           https:443,http:80
		"set 59: sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry policykeyservice.dc.ad.msft.net                https:443,http:80
		"set 59: sign-in pages, second factor, device registration" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.portal.cloudappsecurity.com                  https:443
		"set 66: Cloud App Security portal" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry suite.office.net                               https:443
		"set 66: Cloud App Security portal" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.aria.microsoft.com                           https:443
		"set 69: telemetry" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.events.data.microsoft.com                    https:443
		"set 69: telemetry" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.o365weve.com                                 https:443
		"set 70: help pages and shared content" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry amp.azure.net                                  https:443
		"set 70: help pages and shared content" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry appsforoffice.microsoft.com                    https:443
		"set 70: help pages and shared content" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry assets.onestore.ms                             https:443
		"set 70: help pages and shared content" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry auth.gfx.ms                                    https:443
		"set 70: help pages and shared content" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry c1.microsoft.com                               https:443
		"set 70: help pages and shared content" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry dgps.support.microsoft.com                     https:443
		"set 70: help pages and shared content" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry docs.microsoft.com                             https:443
		"set 70: help pages and shared content" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry msdn.microsoft.com                             https:443
		"set 70: help pages and shared content" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry platform.linkedin.com                          https:443
		"set 70: help pages and shared content" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry prod.msocdn.com                                https:443
		"set 70: help pages and shared content" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry shellprod.msocdn.com                           https:443
		"set 70: help pages and shared content" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry support.content.office.net                     https:443
		"set 70: help pages and shared content" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry support.microsoft.com                          https:443
		"set 70: help pages and shared content" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry technet.microsoft.com                          https:443
		"set 70: help pages and shared content" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry videocontent.osi.office.net                    https:443
		"set 70: help pages and shared content" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry videoplayercdn.osi.office.net                  https:443
		"set 70: help pages and shared content" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.office365.com                                https:443
		"set 71: hosts under office365.com" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.aadrm.com                                    https:443
		"set 73: rights management" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.azurerms.com                                 https:443
		"set 73: rights management" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.informationprotection.azure.com              https:443
		"set 73: rights management" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry ecn.dev.virtualearth.net                       https:443
		"set 73: rights management" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry informationprotection.hosting.portal.azure.net https:443
		"set 73: rights management" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry o15.officeredir.microsoft.com                  https:443,http:80
		"set 79: Office redirectors" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry officepreviewredir.microsoft.com               https:443,http:80
		"set 79: Office redirectors" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry officeredir.microsoft.com                      https:443,http:80
		"set 79: Office redirectors" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry r.office.microsoft.com                         https:443,http:80
		"set 79: Office redirectors" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry activation.sls.microsoft.com                   https:443
		"set 83: Office activation" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry crl.microsoft.com                              https:443,http:80
		"set 84: revocation lists" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry office15client.microsoft.com                   https:443
		"set 86: settings of Office clients" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry insertmedia.bing.office.net                    https:443,http:80
		"set 88: insertion of media" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry go.microsoft.com                               https:443,http:80
		"set 89: redirect links" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry cdn.odc.officeapps.live.com                    https:443,http:80
		"sets 91 and 160: static content of Office apps" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry officecdn.microsoft.com                        https:443,http:80
		"set 92: Office installation" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry officecdn.microsoft.com.edgesuite.net          https:443,http:80
		"set 92: Office installation" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.entrust.net                                  https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.geotrust.com                                 https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.omniroot.com                                 https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.public-trust.com                             https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.symcb.com                                    https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.symcd.com                                    https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.verisign.com                                 https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.verisign.net                                 https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry apps.identrust.com                             https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry cacerts.digicert.com                           https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry cert.int-x3.letsencrypt.org                    https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry crl.globalsign.com                             https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry crl.globalsign.net                             https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry crl.identrust.com                              https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry crl3.digicert.com                              https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry crl4.digicert.com                              https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry isrg.trustid.ocsp.identrust.com                https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry mscrl.microsoft.com                            https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry ocsp.digicert.com                              https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry ocsp.globalsign.com                            https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry ocsp.msocsp.com                                https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry ocsp2.globalsign.com                           https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry ocspx.digicert.com                             https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry secure.globalsign.com                          https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry www.digicert.com                               https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry www.microsoft.com                              https:443,http:80
		"set 125: certificate chains, revocation lists, OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.config.office.net                            https:443
		"set 128: Office settings and Intune" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.manage.microsoft.com                         https:443
		"set 128: Office settings and Intune" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.office.com                                   https:443,http:80
		"set 147: office.com" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry cdnprod.myanalytics.microsoft.com              https:443,http:80
		"set 148: MyAnalytics" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry myanalytics.microsoft.com                      https:443,http:80
		"set 148: MyAnalytics" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry myanalytics-gcc.microsoft.com                  https:443,http:80
		"set 148: MyAnalytics" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry workplaceanalytics.cdn.office.net              https:443,http:80
		"set 149: static content of workplace analytics; missing from a later list" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.azure-apim.net                               https:443
		"set 153: Power Platform" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.flow.microsoft.com                           https:443
		"set 153: Power Platform" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.powerapps.com                                https:443
		"set 153: Power Platform" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.activity.windows.com                         https:443
		"set 156: activity feed" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry activity.windows.com                           https:443
		"set 156: activity feed" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry ocsp.int-x3.letsencrypt.org                    http:80
		"set 157: OCSP" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.cortana.ai                                   https:443
		"set 158: Cortana" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry admin.microsoft.com                            https:443,http:80
		"set 159: admin center" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry cdn.uci.officeapps.live.com                    https:443,http:80
		"set 160: static content of Office apps" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
}

tag Office365.Common.Default.NotRequired {
	# With +optional.
	entry *.sharepointonline.com                       https:443         optional
		"set 75: captcha, device registration, application insights and more" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.keydelivery.mediaservices.windows.net      https:443         optional
		"set 45: Stream" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.streaming.mediaservices.windows.net        https:443         optional
		"set 44: Stream without sign-in" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.microsoftstream.com                        https:443         optional
		"set 41: Stream" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry nps.onyx.azure.net                           https:443         optional
		"set 43: Stream with third parties" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.azureedge.net                              https:443         optional
		"set 44: Stream without sign-in" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.media.azure.net                            https:443         optional
		"set 44: Stream without sign-in" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.microsoft.com                              https:443         optional
		"set 50: OneNote notebooks, a wide wildcard" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.microsoft.com                              https:443,http:80 optional
		"set 78: wide wildcard that some features still lean on" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.office.net                                 https:443         optional
		"set 50: OneNote notebooks, a wide wildcard; a later list has it as set 47" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800); unofficial undated copy of the same list (newer than 2022-07)" as-of 2023;
	entry *.office.net                                 https:443,http:80 optional
		"set 78: wide wildcard that some features still lean on; a later list has it as set 47" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800); unofficial undated copy of the same list (newer than 2022-07)" as-of 2023;
	entry *.blob.core.windows.net                      https:443         optional
		"set 67: eDiscovery export; opens every customer's storage account" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry firstpartyapps.oaspapps.com                  https:443         optional
		"set 68: Office integrations of third parties" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry prod.firstpartyapps.oaspapps.com.akadns.net  https:443         optional
		"set 68: Office integrations of third parties" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry telemetryservice.firstpartyapps.oaspapps.com https:443         optional
		"set 68: Office integrations of third parties" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry wus-firstpartyapps.oaspapps.com              https:443         optional
		"set 68: Office integrations of third parties" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry auth.gfx.ms                                  https:443,http:80 optional
		"set 116: Office for iPad" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.cloudapp.net                               https:443         optional
		"set 72: rights management for Office 2010" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry dc.services.visualstudio.com                 https:443         optional
		"set 75: captcha, device registration, application insights and more" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry mem.gfx.ms                                   https:443         optional
		"set 75: captcha, device registration, application insights and more" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry staffhub.ms                                  https:443         optional
		"set 75: captcha, device registration, application insights and more" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.msocdn.com                                 https:443,http:80 optional
		"set 78: wide wildcard that some features still lean on" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.onmicrosoft.com                            https:443,http:80 optional
		"set 78: wide wildcard that some features still lean on" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.virtualearth.net                           https:443,http:80 optional
		"set 93: auxiliary features of Office" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry c.bing.net                                   https:443,http:80 optional
		"set 93: auxiliary features of Office" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry excelbingmap.firstpartyapps.oaspapps.com     https:443,http:80 optional
		"set 93: auxiliary features of Office" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry ocos-office365-s2s.msedge.net                https:443,http:80 optional
		"set 93: auxiliary features of Office" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry peoplegraph.firstpartyapps.oaspapps.com      https:443,http:80 optional
		"set 93: auxiliary features of Office" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry tse1.mm.bing.net                             https:443,http:80 optional
		"set 93: auxiliary features of Office" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry wikipedia.firstpartyapps.oaspapps.com        https:443,http:80 optional
		"set 93: auxiliary features of Office" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry www.bing.com                                 https:443,http:80 optional
		"set 93: auxiliary features of Office" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.acompli.net                                https:443         optional
		"set 95: Outlook mobile" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.outlookmobile.com                          https:443         optional
		"set 95: Outlook mobile" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry login.windows-ppe.net                        https:443         optional
		"set 96: Outlook mobile sign-in" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry account.live.com                             https:443         optional
		"set 97: consumer Outlook and OneDrive" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry account.live.com                             https:443,http:80 optional
		"set 116: Office for iPad" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry login.live.com                               https:443         optional
		"set 97: consumer Outlook and OneDrive" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry login.live.com                               https:443,http:80 optional
		"set 116: Office for iPad" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry www.acompli.com                              https:443         optional
		"set 105: Outlook mobile privacy" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.appex.bing.com                             https:443,http:80 optional
		"set 114: Office mobile" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.appex-rf.msn.com                           https:443,http:80 optional
		"set 114: Office mobile" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry c.bing.com                                   https:443,http:80 optional
		"set 114: Office mobile" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry c.live.com                                   https:443,http:80 optional
		"set 114: Office mobile" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry d.docs.live.net                              https:443,http:80 optional
		"set 114: Office mobile" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry directory.services.live.com                  https:443,http:80 optional
		"set 114: Office mobile" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry docs.live.net                                https:443,http:80 optional
		"set 114: Office mobile" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry partnerservices.getmicrosoftkey.com          https:443,http:80 optional
		"set 114: Office mobile" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry signup.live.com                              https:443,http:80 optional
		"set 114: Office mobile" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.yammer.com                                 https:443         optional
		"set 117: Yammer" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.yammerusercontent.com                      https:443         optional
		"set 117: Yammer" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.assets-yammer.com                          https:443         optional
		"set 118: static content of Yammer" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry www.outlook.com                              https:443,http:80 optional
		"set 121: Planner" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry eus-www.sway-cdn.com                         https:443         optional
		"set 122: static content of Sway" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry eus-www.sway-extensions.com                  https:443         optional
		"set 122: static content of Sway" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry wus-www.sway-cdn.com                         https:443         optional
		"set 122: static content of Sway" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry wus-www.sway-extensions.com                  https:443         optional
		"set 122: static content of Sway" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry sway.com                                     https:443         optional
		"set 124: Sway" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry www.sway.com                                 https:443         optional
		"set 124: Sway" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry officespeech.platform.bing.com               https:443         optional
		"set 126: dictation" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
	entry *.microsoftusercontent.com                   https:443         optional
		"set 152: Office Scripts" source "microsoft-365-docs: microsoft-365/includes/office-365-worldwide-endpoints.md (version 2022072800)" as-of 2022-07-28;
}
