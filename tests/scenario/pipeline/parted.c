#include "scenario/pipeline/parted.h"

#include <string.h>

static bool takes_all;

static struct kit_answer all_but_before(void *owner, const struct kit_request *request)
{
    bool is_taken = takes_all || strstr(request->body.data, "before") == NULL;

    (void)owner;
    return (struct kit_answer){
        .status = 200,
        .body = is_taken ? "{\"errors\":false}"
                         : "{\"errors\":true,\"items\":[{\"create\":{\"status\":429}}]}"};
}

void parted_hold(struct kit *k)
{
    takes_all = false;
    kit_server_rule(k->es->server, all_but_before, NULL);
}

void parted_let_go(void)
{
    takes_all = true;
}
