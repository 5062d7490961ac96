/* settings_verify -- how origins are verified: for how long a verdict holds, how long a check may take, how many run. */
#include "proxy/settings.h"

void settings_read_verify(struct settings *s, const struct conf *c)
{
	s->verify = (struct verify_limits){
		.cache_ms = (unsigned)conf_duration_ms(c, "verify-cache"),
		.timeout_ms = (unsigned)conf_duration_ms(c, "verify-timeout"),
		.most = (unsigned)conf_number(c, "verify-max"),
	};
}
