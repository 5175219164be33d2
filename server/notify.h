/* What systemd is told: ready, stopping, still alive. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NOTIFY_H
#define SERVER_NOTIFY_H

/* "READY=1", "STOPPING=1", "WATCHDOG=1" to the socket $NOTIFY_SOCKET; nothing without one. */
void notify_systemd(const char *state);
/* Seconds between two WATCHDOG=1, half of what $WATCHDOG_USEC allows; 0: none are asked for. */
double notify_watchdog_seconds(void);

#endif
