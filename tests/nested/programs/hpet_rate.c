/*
 * hpet_rate HZ COUNT: take COUNT periodic interrupts of /dev/hpet at HZ, and print the nanoseconds that they took
 * (Documentation/timers/hpet.rst). The first one starts the measurement.
 */
#include <fcntl.h>
#include <linux/hpet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

int main(int argc, char **argv)
{
	unsigned long missed, taken = 0, count;
	long long begin;
	int hpet;

	if (argc != 3)
		return 2;
	count = strtoul(argv[2], NULL, 0);
	hpet = open("/dev/hpet", O_RDONLY);
	if (hpet < 0)
		fail("/dev/hpet");
	if (ioctl(hpet, HPET_IRQFREQ, strtoul(argv[1], NULL, 0)) < 0)
		fail("HPET_IRQFREQ");
	if (ioctl(hpet, HPET_EPI, 0) < 0)
		fail("HPET_EPI");
	if (ioctl(hpet, HPET_IE_ON, 0) < 0)
		fail("HPET_IE_ON");
	if (read(hpet, &missed, sizeof(missed)) != sizeof(missed))
		fail("read");
	begin = now();
	while (taken < count) {
		/* What is read is the number of interrupts since the last read, above the timer's own bits. */
		if (read(hpet, &missed, sizeof(missed)) != sizeof(missed))
			fail("read");
		taken += missed;
	}
	printf("%lu %lld\n", taken, now() - begin);
	return 0;
}
