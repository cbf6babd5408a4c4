// SPDX-License-Identifier: GPL-2.0
/*
 * Driver of the "copier" card. Each channel is a file, /dev/copier0 and /dev/copier1, of 1 MiB: what a program writes
 * is copied by the card, from one buffer in memory to another, and what it reads is what the card has put there.
 */
#include <linux/bits.h>
#include <linux/completion.h>
#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>

/* Offsets and masks of the registers; `devgen build --target c-header -o driver` writes this file. */
#include "copier.h"

#define CHANNELS COPIER_CHANNEL_COUNT
#define RING_LENGTH (1U << COPIER_CHANNEL_HEAD_INDEX_WIDTH)
#define ADDRESS_BITS (COPIER_CHANNEL_RING_ADDRESS_SHIFT + COPIER_CHANNEL_RING_ADDRESS_WIDTH)
#define PIECE SZ_4K
#define BUFFER_SIZE SZ_1M

/* MSI-X vectors: a channel has that of its number. */
#define VECTOR_FAULT CHANNELS
#define VECTORS (CHANNELS + 1)

/* A descriptor is in the guest's memory. The header has registers only, so its layout is repeated here. */
struct copier_descriptor {
	__le64 source;
	__le64 destination;
	__le32 length;
	__le32 control;
	__le64 unused;
};

#define CONTROL_OWN BIT(31)
#define CONTROL_IRQ BIT(30)
#define CONTROL_COPIED 1

struct copier_channel {
	struct device *dev;
	void __iomem *ring_base; /* the channel's registers, and its doorbell */
	void __iomem *ctrl;
	void __iomem *status;
	void __iomem *bell;
	struct mutex lock; /* one copy at a time */
	struct completion done;
	struct copier_descriptor *ring;
	dma_addr_t ring_address;
	unsigned int next; /* the descriptor that the card takes next */
	u8 *source;
	dma_addr_t source_address;
	u8 *destination;
	dma_addr_t destination_address;
	struct miscdevice file;
};

struct copier {
	void __iomem *registers; /* the description's regions */
	void __iomem *bells;
	struct copier_channel channels[CHANNELS];
};

static void copier_start(struct copier_channel *channel)
{
	memset(channel->ring, 0, RING_LENGTH * sizeof(*channel->ring));
	channel->next = 0;
	iowrite32(0, channel->ctrl);
	iowrite32(lower_32_bits(channel->ring_address), channel->ring_base);
	iowrite32(upper_32_bits(channel->ring_address), channel->ring_base + 4);
	iowrite32(COPIER_CHANNEL_CTRL_ENABLE_MASK, channel->ctrl);
}

static void copier_stop(void *data)
{
	struct copier_channel *channel = data;

	iowrite32(0, channel->ctrl);
}

static irqreturn_t copier_done(int irq, void *data)
{
	struct copier_channel *channel = data;
	u32 status = ioread32(channel->status);

	if (!(status & COPIER_CHANNEL_STATUS_DONE_MASK))
		return IRQ_NONE;
	iowrite32(status & (COPIER_CHANNEL_STATUS_DONE_MASK | COPIER_CHANNEL_STATUS_ERROR_MASK), channel->status);
	complete(&channel->done);
	return IRQ_HANDLED;
}

static irqreturn_t copier_fault(int irq, void *data)
{
	struct copier *copier = data;
	irqreturn_t result = IRQ_NONE;
	unsigned int i;

	for (i = 0; i < CHANNELS; i++) {
		struct copier_channel *channel = &copier->channels[i];

		if (ioread32(channel->status) & COPIER_CHANNEL_STATUS_FAULT_MASK) {
			iowrite32(COPIER_CHANNEL_STATUS_FAULT_MASK, channel->status);
			dev_err(channel->dev, "%s: stopped at a descriptor\n", channel->file.name);
			complete(&channel->done); /* the descriptor is still the card's: the copy fails */
			result = IRQ_HANDLED;
		}
	}
	return result;
}

/* Wait for the card to hand back the descriptors, the last of which interrupts. */
static int copier_wait(struct copier_channel *channel, unsigned int count)
{
	if (!wait_for_completion_timeout(&channel->done, 2 * HZ)) {
		dev_err(channel->dev, "%s: no interrupt within 2 s, STATUS is %#x\n", channel->file.name,
			ioread32(channel->status));
		return -ETIMEDOUT;
	}
	for (; count; count--) {
		u32 control = le32_to_cpu(READ_ONCE(channel->ring[channel->next].control));

		if (control != CONTROL_COPIED) {
			dev_err(channel->dev, "%s: descriptor %u failed: %#x\n", channel->file.name, channel->next,
				control);
			return -EIO;
		}
		channel->next = (channel->next + 1) % RING_LENGTH;
	}
	return 0;
}

/* Have the card copy bytes from one buffer to the other; they take at most RING_LENGTH descriptors. */
static int copier_copy(struct copier_channel *channel, size_t offset, size_t length)
{
	unsigned int count = DIV_ROUND_UP(length, PIECE);
	unsigned int i;
	int error;

	reinit_completion(&channel->done);
	for (i = 0; i < count; i++) {
		struct copier_descriptor *d = &channel->ring[(channel->next + i) % RING_LENGTH];
		size_t at = offset + i * PIECE;

		d->source = cpu_to_le64(channel->source_address + at);
		d->destination = cpu_to_le64(channel->destination_address + at);
		d->length = cpu_to_le32(min_t(size_t, offset + length - at, PIECE));
		dma_wmb(); /* the descriptor is complete before it is the card's */
		d->control = cpu_to_le32(CONTROL_OWN | (i + 1 == count ? CONTROL_IRQ : 0));
	}
	iowrite32(1, channel->bell);
	error = copier_wait(channel, count);
	if (error)
		copier_start(channel);
	return error;
}

static ssize_t copier_write(struct file *file, const char __user *from, size_t length, loff_t *position)
{
	struct copier_channel *channel = container_of(file->private_data, struct copier_channel, file);
	ssize_t result;

	if (*position >= BUFFER_SIZE)
		return -ENOSPC;
	length = min_t(size_t, length, min_t(size_t, BUFFER_SIZE - *position, RING_LENGTH * PIECE));
	if (!length)
		return 0;
	if (mutex_lock_interruptible(&channel->lock))
		return -ERESTARTSYS;
	result = -EFAULT;
	if (!copy_from_user(channel->source + *position, from, length))
		result = copier_copy(channel, *position, length);
	mutex_unlock(&channel->lock);
	if (result)
		return result;
	*position += length;
	return length;
}

static ssize_t copier_read(struct file *file, char __user *to, size_t length, loff_t *position)
{
	struct copier_channel *channel = container_of(file->private_data, struct copier_channel, file);

	return simple_read_from_buffer(to, length, position, channel->destination, BUFFER_SIZE);
}

static const struct file_operations copier_operations = {
	.owner = THIS_MODULE,
	.read = copier_read,
	.write = copier_write,
	.llseek = default_llseek,
};

static void copier_remove_file(void *data)
{
	misc_deregister(data);
}

static int copier_add_channel(struct pci_dev *pdev, struct copier *copier, unsigned int i)
{
	struct copier_channel *channel = &copier->channels[i];
	struct device *dev = &pdev->dev;
	int error;

	channel->dev = dev;
	channel->ring_base = copier->registers + COPIER_CHANNEL_RING_OFFSET_AT(i);
	channel->ctrl = copier->registers + COPIER_CHANNEL_CTRL_OFFSET_AT(i);
	channel->status = copier->registers + COPIER_CHANNEL_STATUS_OFFSET_AT(i);
	channel->bell = copier->bells + COPIER_BELL_OFFSET_AT(i);
	mutex_init(&channel->lock);
	init_completion(&channel->done);
	channel->ring = dmam_alloc_coherent(dev, RING_LENGTH * sizeof(*channel->ring), &channel->ring_address,
					    GFP_KERNEL);
	channel->source = dmam_alloc_coherent(dev, BUFFER_SIZE, &channel->source_address, GFP_KERNEL);
	channel->destination = dmam_alloc_coherent(dev, BUFFER_SIZE, &channel->destination_address, GFP_KERNEL);
	channel->file.name = devm_kasprintf(dev, GFP_KERNEL, "copier%u", i);
	if (!channel->ring || !channel->source || !channel->destination || !channel->file.name)
		return -ENOMEM;

	error = devm_request_irq(dev, pci_irq_vector(pdev, i), copier_done, 0, channel->file.name, channel);
	if (error)
		return error;
	copier_start(channel);
	error = devm_add_action_or_reset(dev, copier_stop, channel);
	if (error)
		return error;

	channel->file.minor = MISC_DYNAMIC_MINOR;
	channel->file.fops = &copier_operations;
	channel->file.parent = dev;
	error = misc_register(&channel->file);
	return error ? error : devm_add_action_or_reset(dev, copier_remove_file, &channel->file);
}

static int copier_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct device *dev = &pdev->dev;
	struct copier *copier;
	unsigned int i;
	int error;

	copier = devm_kzalloc(dev, sizeof(*copier), GFP_KERNEL);
	if (!copier)
		return -ENOMEM;
	error = pcim_enable_device(pdev);
	if (error)
		return error;
	error = pcim_iomap_regions(pdev, BIT(COPIER_REGISTERS_BAR) | BIT(COPIER_BELLS_BAR), KBUILD_MODNAME);
	if (error)
		return error;
	copier->registers = pcim_iomap_table(pdev)[COPIER_REGISTERS_BAR] + COPIER_REGISTERS_BAR_OFFSET;
	copier->bells = pcim_iomap_table(pdev)[COPIER_BELLS_BAR] + COPIER_BELLS_BAR_OFFSET;
	if (ioread32(copier->registers + COPIER_ID_OFFSET) != COPIER_ID_VALUE)
		return dev_err_probe(dev, -ENODEV, "not a copier\n");
	error = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(ADDRESS_BITS));
	if (error)
		return error;
	pci_set_master(pdev);
	error = pci_alloc_irq_vectors(pdev, VECTORS, VECTORS, PCI_IRQ_MSIX);
	if (error < 0)
		return dev_err_probe(dev, error, "no MSI-X vectors\n");

	for (i = 0; i < CHANNELS; i++) {
		error = copier_add_channel(pdev, copier, i);
		if (error)
			return error;
	}
	error = devm_request_irq(dev, pci_irq_vector(pdev, VECTOR_FAULT), copier_fault, 0, "copier-fault", copier);
	if (error)
		return error;
	dev_info(dev, "%u channels\n", CHANNELS);
	return 0;
}

static const struct pci_device_id copier_ids[] = { { PCI_DEVICE(0x1b36, 0x00f3) }, {} };
MODULE_DEVICE_TABLE(pci, copier_ids);

static struct pci_driver copier_driver = {
	.name = "copier",
	.id_table = copier_ids,
	.probe = copier_probe,
};
module_pci_driver(copier_driver);

MODULE_DESCRIPTION("Copy engine with two channels");
MODULE_LICENSE("GPL");
