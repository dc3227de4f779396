# tailrace. `make help` lists the targets.
SRC    := $(shell find agent plugins -name '*.c' 2>/dev/null)
OUT    := build/$(or $(SAN),release)
OBJ    := $(SRC:%.c=$(OUT)/%.o)
PKGS   := libuv msgpack libcurl zlib libpcre2-8 yaml-0.1 sqlite3 libmicrohttpd libcrypto
CFLAGS += -std=c11 -D_GNU_SOURCE -Iagent -I. -O2 -g -MMD -MP -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Werror
CFLAGS += $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all)
LDLIBS += $(shell pkg-config --libs $(PKGS)) -lisal -lpthread -lm

$(OUT)/tailrace: $(OBJ)
	$(CC) $(CFLAGS) -o $@ $^ $(LDLIBS)

$(OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

-include $(OBJ:.o=.d)
