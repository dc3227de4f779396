#include "scenario/aws/signer_kit.h"

#include "kit/patience.h"
#include "kit/tree.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

struct signer_kit signer_kit;

void signer_kit_open(void)
{
    static const char *const unset[] = {"AWS_ACCESS_KEY_ID",
                                        "AWS_SECRET_ACCESS_KEY",
                                        "AWS_SESSION_TOKEN",
                                        "AWS_PROFILE",
                                        "AWS_DEFAULT_PROFILE",
                                        "AWS_REGION",
                                        "AWS_DEFAULT_REGION",
                                        "AWS_CONFIG_FILE",
                                        "AWS_SHARED_CREDENTIALS_FILE",
                                        "AWS_ROLE_ARN",
                                        "AWS_WEB_IDENTITY_TOKEN_FILE",
                                        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                                        "AWS_EC2_METADATA_DISABLED",
                                        "ECS_CONTAINER_METADATA_URI",
                                        "ECS_CONTAINER_METADATA_URI_V4",
                                        "AWS_ENDPOINT_URL_STS",
                                        "EKS_POD_EXECUTION_ROLE",
                                        "http_proxy",
                                        "NO_PROXY",
                                        "no_proxy"};

    for (size_t i = 0; i < ARRAY_LEN(unset); i++)
        unsetenv(unset[i]);
    tree_plant();
    setenv("HOME", tree_path(""), 1);
    clock_fake(1000, NOW * NS_PER_S);
    signer_kit.loop = loop_new();
    kit_aws_start(&signer_kit.aws);
    signer_kit.rules = signer_kit.aws.rules;
    signer_kit.rules.now_s = NOW;
    kit_aws_set(&signer_kit.aws, &signer_kit.rules);
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", kit_aws_url(&signer_kit.aws, ""), 1);
    signer_kit.settings = (struct aws_signer_settings){
        .component = "test", .service = "es", .host = "127.0.0.1", .port = 9200};
    signer_kit.told = (struct told){0};
}

void signer_kit_close(void)
{
    aws_pass_unref(&signer_kit.told.pass);
    aws_signer_free(&signer_kit.signer);
    kit_aws_stop(&signer_kit.aws);
    loop_free(&signer_kit.loop);
    clock_real();
    tree_fell();
}

static void on_told(struct aws_waiter *waiter, struct aws_pass *pass, const char *why)
{
    struct told *t = CONTAINER_OF(waiter, struct told, waiter);

    ck_assert(!t->is_told);
    t->is_told = true;
    t->pass = pass;
    snprintf(t->why, sizeof t->why, "%s", why != NULL ? why : "");
}

void signer_kit_turn(const bool *is_so, const char *what)
{
    struct patience patience;

    patience_begin(&patience, signer_kit.loop, what);
    while (!*is_so)
        loop_turn(signer_kit.loop, true);
    patience_end(&patience);
}

void signer_kit_begin(void)
{
    if (signer_kit.signer == NULL)
        signer_kit.signer = aws_signer_new(signer_kit.loop, &signer_kit.settings);
    aws_pass_unref(&signer_kit.told.pass);
    signer_kit.told = (struct told){.waiter.told = on_told};
    aws_signer_wait(signer_kit.signer, &signer_kit.told.waiter);
}

/* Waits for what a fetch gives. */
void signer_kit_await(void)
{
    signer_kit_begin();
    signer_kit_turn(&signer_kit.told.is_told, "keys");
}

void signer_kit_has(const char *id)
{
    ck_assert_msg(signer_kit.told.pass != NULL, "no keys: %s", signer_kit.told.why);
    ck_assert_msg(slice_is(aws_pass_keys(signer_kit.told.pass)->id, id), "keys are %.*s",
                  SLICE_ARG(aws_pass_keys(signer_kit.told.pass)->id));
}

void signer_kit_lacks(const char *words)
{
    ck_assert_ptr_null(signer_kit.told.pass);
    ck_assert_msg(strstr(signer_kit.told.why, words) != NULL, "\"%s\" is not in \"%s\"", words,
                  signer_kit.told.why);
}
