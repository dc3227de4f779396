# An application: three lines in as many seconds, and now and then an exception.
order=0
while true; do
    order=$((order + 1))
    echo "{\"level\":\"info\",\"msg\":\"order placed\",\"order\":$order}"
    echo "GET /cart/$order 200"
    if [ $((order % 10)) -eq 0 ]; then
        printf 'java.lang.IllegalStateException: order %d has no customer\n\tat %s\n\tat %s\n' \
            $order 'shop.Order.send(Order.java:83)' 'shop.Main.run(Main.java:41)' >&2
    fi
    sleep 1
done
