# Run by the service `setup` when Kibana answers.
set -eu
send() { curl -fsS -H 'Content-Type: application/json' -H 'kbn-xsrf: true' "$@"; echo; }

send -X PUT http://elasticsearch:9200/_index_template/docker \
    -d '{"index_patterns": ["docker-*"], "template": {"settings": {"number_of_replicas": 0}}}'
send -X POST http://kibana:5601/api/data_views/data_view -d '{"override": true, "data_view":
    {"id": "docker", "name": "containers", "title": "docker-*", "timeFieldName": "@timestamp"}}'
send -X POST http://kibana:5601/api/data_views/default -d '{"data_view_id": "docker", "force": true}'
