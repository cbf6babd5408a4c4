/*
 * rtc_alarm SECONDS: set the alarm of /dev/rtc0 to SECONDS from now by RTC_WKALM_SET, read it back, and wait for it
 * (Documentation/admin-guide/rtc.rst). Prints the time and the alarm in seconds of the day, whether the alarm is enabled,
 * and the interrupts and the flags that the driver has counted.
 */
#include <fcntl.h>
#include <linux/rtc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static long of_day(const struct rtc_time *time)
{
	return time->tm_hour * 3600L + time->tm_min * 60 + time->tm_sec;
}

/* Linux' struct rtc_time has the first fields of the C library's struct tm. */
static struct rtc_time later(const struct rtc_time *from, long seconds)
{
	struct tm broken = { .tm_sec = from->tm_sec, .tm_min = from->tm_min, .tm_hour = from->tm_hour,
			     .tm_mday = from->tm_mday, .tm_mon = from->tm_mon, .tm_year = from->tm_year };
	time_t then = timegm(&broken) + seconds;

	gmtime_r(&then, &broken);
	return (struct rtc_time){ .tm_sec = broken.tm_sec, .tm_min = broken.tm_min, .tm_hour = broken.tm_hour,
				  .tm_mday = broken.tm_mday, .tm_mon = broken.tm_mon, .tm_year = broken.tm_year };
}

int main(int argc, char **argv)
{
	struct rtc_wkalrm alarm = { .enabled = 1 }, found;
	struct rtc_time now;
	unsigned long data;
	int rtc;

	if (argc != 2)
		return 2;
	rtc = open("/dev/rtc0", O_RDONLY);
	if (rtc < 0)
		fail("/dev/rtc0");
	if (ioctl(rtc, RTC_RD_TIME, &now) < 0)
		fail("RTC_RD_TIME");
	alarm.time = later(&now, strtol(argv[1], NULL, 0));
	if (ioctl(rtc, RTC_WKALM_SET, &alarm) < 0)
		fail("RTC_WKALM_SET");
	if (ioctl(rtc, RTC_WKALM_RD, &found) < 0)
		fail("RTC_WKALM_RD");
	if (read(rtc, &data, sizeof(data)) != sizeof(data))
		fail("read");
	printf("%ld %ld %d %lu %#lx\n", of_day(&now), of_day(&found.time), found.enabled, data >> 8, data & 0xff);
	return 0;
}
