/* The least that a round trip can cost: a guest that exits, and a loop that does nothing but KVM_RUN.
 *
 *     kvm_exit IMAGE
 *
 * For each line on standard input, runs the guest (loaded and started at 0x7000 in real mode, 640 KiB of RAM) until it
 * writes to port 0xf4, and prints the nanoseconds that took and the number of exits.
 */

#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

#define RAM 0xa0000
#define LOAD 0x7000

static int check(int answer, const char *what)
{
	if (answer < 0) {
		perror(what);
		exit(1);
	}
	return answer;
}

static uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	int kvm = check(open("/dev/kvm", O_RDWR), "/dev/kvm");
	int vm = check(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	uint8_t *ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	FILE *image = fopen(argv[1], "rb");
	if (!image || !fread(ram + LOAD, 1, RAM - LOAD, image))
		return 1;
	struct kvm_userspace_memory_region slot = {.memory_size = RAM, .userspace_addr = (uintptr_t)ram};
	check(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot), "KVM_SET_USER_MEMORY_REGION");
	int vcpu = check(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
	int size = check(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
	struct kvm_run *run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);

	while (getchar() == '\n') {
		struct kvm_sregs sregs;
		struct kvm_regs regs = {.rip = LOAD, .rsp = LOAD, .rflags = 2};
		check(ioctl(vcpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
		sregs.cs.base = sregs.cs.selector = 0;
		check(ioctl(vcpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
		check(ioctl(vcpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
		uint64_t exits = 0, start = now();
		do {
			check(ioctl(vcpu, KVM_RUN, 0), "KVM_RUN");
			exits++;
		} while (run->exit_reason != KVM_EXIT_IO || run->io.port != 0xf4);
		printf("%llu %llu\n", (unsigned long long)(now() - start), (unsigned long long)exits);
		fflush(stdout);
		ioctl(vcpu, KVM_RUN, 0); /* completes the write; the guest then halts */
	}
	return 0;
}
