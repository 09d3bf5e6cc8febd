/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks of the operating system. */
#ifndef CS_SYS_CLOCK_H
#define CS_SYS_CLOCK_H

#include <stdint.h>

int64_t cs_now_ms(void);  /* wall clock, milliseconds since 1970 */
int64_t cs_tick_us(void); /* monotonic, microseconds; for deadlines and latencies */

#endif
