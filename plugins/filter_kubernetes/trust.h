/*
 * Files of TLS that the section names, looked at before the start. What cannot be used is warned of and
 * no mistake: at the start it is waited for, as a secret may be mounted later. The service account's
 * own file, which every pod has, is not looked for where there may be no pod.
 *
 * Thread   the loop; start-up and reload only.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_TRUST_H
#define TAILRACE_FILTER_KUBERNETES_TRUST_H

#include "plugins/filter_kubernetes/source.h"

#define TRUST_OWN_CA_FILE "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"

void trust_tell(const struct source_settings *settings, const struct plugin_setup *setup);

#endif
