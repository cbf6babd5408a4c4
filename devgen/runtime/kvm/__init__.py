"""The KVM host."""
