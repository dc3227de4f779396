/*
 * The entity that events are about, by which CloudWatch shows the logs of a service beside its metrics:
 * what the filters kubernetes and aws have put into a record under aws_entity_*.
 *
 *   kubernetes  aws_entity_service_name   keyAttributes  Name, with Type "Service"
 *               aws_entity_environment                   Environment; else PLATFORM:CLUSTER/NAMESPACE
 *               aws_entity_platform       attributes     PlatformType: AWS::EKS, K8s; else Generic
 *               aws_entity_cluster                       EKS.Cluster or K8s.Cluster
 *               namespace_name, host                     K8s.Namespace, K8s.Node
 *               aws_entity_workload, else                K8s.Workload; Name, where there is no other
 *                 the first of ownerReferences
 *               aws_entity_name_source                   AWS.ServiceNameSource
 *   (top)       aws_entity_account_id     keyAttributes  AwsAccountId
 *               aws_entity_ec2_instance_id  attributes   EC2.InstanceId
 *
 * Without a name or an account there is none: the service would refuse it. Pure; any thread.
 */
#ifndef TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_ENTITY_H
#define TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_ENTITY_H

#include "plugin/plugin.h"

#define CW_ENTITY_VALUE_BYTES_MAX 512

/* Appends the record's entity as a JSON object; false, with nothing appended, where it has none. */
bool cw_entity_write(const struct accessor_scope *scope, struct buffer *out);

/* Appends the record as one JSON object, without the keys aws_entity_*, which are said already. */
void cw_entity_strip(const struct chunk_record *record, struct arena *scratch, struct buffer *out);

#endif
