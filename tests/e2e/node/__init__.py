"""A node of a cluster: its folders and addresses are its own, and AWS and the kubelet stand beside it."""
