/*
 * scribble SECONDS SEED PLACE...: read and write random values of random sizes at random offsets of each PLACE.
 *
 * PLACE is mem,ADDRESS,LENGTH (physical memory, through /dev/mem), port,FIRST,COUNT, or config,FILE,FIRST,LAST (bytes
 * FIRST to LAST of a PCI configuration space in sysfs). Prints the number of accesses.
 *
 * arm64 has no ports, and takes accesses to devices at multiples of their size only.
 */
#define _FILE_OFFSET_BITS 64
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#ifdef __x86_64__
#include <sys/io.h>
#endif

#define PLACES 64
#ifdef __aarch64__
#define ALIGNED 1
#else
#define ALIGNED 0
#endif

enum kind { MEMORY, PORT, CONFIG };

static struct place {
	enum kind kind;
	unsigned long first, length;
	volatile uint8_t *memory;
	int file;
} places[PLACES];

static uint64_t state;

static uint64_t noise(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void open_memory(struct place *place)
{
	int memory = open("/dev/mem", O_RDWR | O_SYNC);
	void *mapped;

	if (memory < 0)
		fail("/dev/mem");
	mapped = mmap(NULL, (place->length + 4095) & ~4095UL, PROT_READ | PROT_WRITE, MAP_SHARED, memory,
		      (off_t)(place->first & ~4095UL));
	if (mapped == MAP_FAILED)
		fail("mmap of /dev/mem");
	close(memory);
	place->memory = (volatile uint8_t *)mapped + (place->first & 4095);
}

static void parse(struct place *place, char *text)
{
	char *kind = strtok(text, ","), *first = strtok(NULL, ","), *second = strtok(NULL, ",");
	char *last = strtok(NULL, ",");

	if (!second)
		exit(2);
	if (!strcmp(kind, "mem")) {
		place->kind = MEMORY;
		place->first = strtoul(first, NULL, 0);
		place->length = strtoul(second, NULL, 0);
		open_memory(place);
	} else if (!strcmp(kind, "port")) {
		place->kind = PORT;
		place->first = strtoul(first, NULL, 0);
		place->length = strtoul(second, NULL, 0);
	} else {
		place->kind = CONFIG;
		place->file = open(first, O_RDWR);
		if (place->file < 0)
			fail(first);
		place->first = strtoul(second, NULL, 0);
		place->length = strtoul(last, NULL, 0) + 1 - place->first;
	}
}

static void memory_access(volatile uint8_t *at, unsigned size, int write, uint64_t value)
{
	switch (size) {
	case 1:
		write ? (void)(*at = value) : (void)*at;
		break;
	case 2:
		write ? (void)(*(volatile uint16_t *)at = value) : (void)*(volatile uint16_t *)at;
		break;
	case 4:
		write ? (void)(*(volatile uint32_t *)at = value) : (void)*(volatile uint32_t *)at;
		break;
	default:
		write ? (void)(*(volatile uint64_t *)at = value) : (void)*(volatile uint64_t *)at;
	}
}

#ifdef __x86_64__
static void port_access(unsigned port, unsigned size, int write, uint64_t value)
{
	switch (size) {
	case 1:
		write ? outb(value, port) : (void)inb(port);
		break;
	case 2:
		write ? outw(value, port) : (void)inw(port);
		break;
	default:
		write ? outl(value, port) : (void)inl(port);
	}
}

static void allow_ports(void)
{
	if (iopl(3) < 0)
		fail("iopl");
}
#else
static void port_access(unsigned port, unsigned size, int write, uint64_t value)
{
	(void)port, (void)size, (void)write, (void)value;
	fprintf(stderr, "this processor has no ports\n");
	exit(1);
}

static void allow_ports(void)
{
}
#endif

static void access_place(struct place *place)
{
	unsigned size = 1U << (noise() % (place->kind == MEMORY ? 4 : 3));
	uint64_t value = noise();
	int write = noise() & 1;
	unsigned long offset;

	if (size > place->length)
		size = 1;
	offset = noise() % (place->length - size + 1);
	if (ALIGNED)
		offset &= ~(size - 1UL);
	if (place->kind == MEMORY)
		memory_access(place->memory + offset, size, write, value);
	else if (place->kind == PORT)
		port_access(place->first + offset, size, write, value);
	else if (write ? pwrite(place->file, &value, size, place->first + offset) < 0
		       : pread(place->file, &value, size, place->first + offset) < 0)
		fail("configuration space");
}

int main(int argc, char **argv)
{
	unsigned long accesses = 0;
	int number = argc - 3;
	time_t end;

	if (argc < 4 || number > PLACES)
		return 2;
	state = strtoull(argv[2], NULL, 0) | 1;
	allow_ports();
	for (int index = 0; index < number; index++)
		parse(&places[index], argv[index + 3]);
	for (end = time(NULL) + strtol(argv[1], NULL, 0); time(NULL) < end; accesses++)
		access_place(&places[noise() % number]);
	printf("%lu\n", accesses);
	return 0;
}
