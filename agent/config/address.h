/*
 * A plugin may be named by an address, as Fluent Bit's command lines have it:
 *
 *   es://host:port/index/type      es://[::1]:9200
 *
 * Its parts become keys of the section. Pure: nothing is looked up or reached.
 */
#ifndef TAILRACE_CONFIG_ADDRESS_H
#define TAILRACE_CONFIG_ADDRESS_H

#include "config/tree.h"

/* Takes the addresses of all inputs and outputs apart. Where host or port have keys of their own,
 * those count; index and type count before their keys, where both are there and the plugin has
 * such keys: so it is in Fluent Bit. An output that posts needs a host. */
void addresses_spread(struct config *c, struct report *report);

#endif
