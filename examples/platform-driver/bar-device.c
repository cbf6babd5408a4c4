// SPDX-License-Identifier: GPL-2.0
/*
 * A device of the platform at BAR 0 of a PCI function that `devgen serve --as-pci` or `devgen qemu` makes, with the
 * function's interrupt. Its own driver binds to it and does not see PCI: an AMBA driver by the device's identification
 * registers, or the platform driver that the parameter "name" names.
 */
#include <linux/amba/bus.h>
#include <linux/clk-provider.h>
#include <linux/clkdev.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

static char *name;
module_param(name, charp, 0444);
MODULE_PARM_DESC(name, "platform driver of the device; without it, an AMBA device is made");

#ifdef CONFIG_ARM_AMBA
static void remove_clock(void *clock)
{
	clk_hw_unregister_fixed_rate(clock);
}

static struct device *add_amba(struct pci_dev *pci, int irq)
{
	struct resource *bar = &pci->resource[0];
	struct amba_device *amba = amba_device_alloc(pci_name(pci), bar->start, resource_size(bar));
	struct clk_hw *clock = clk_hw_register_fixed_rate(NULL, pci_name(pci), NULL, 0, 24000000);
	int ret;

	if (!amba || IS_ERR(clock))
		return ERR_PTR(-ENOMEM);
	amba->dev.parent = &pci->dev;
	amba->irq[0] = irq;
	ret = devm_add_action_or_reset(&pci->dev, remove_clock, clock) ?:
	      devm_clk_hw_register_clkdev(&pci->dev, clock, "apb_pclk", pci_name(pci)) ?: amba_device_add(amba, bar);
	if (ret)
		amba_device_put(amba);
	return ret ? ERR_PTR(ret) : &amba->dev;
}
#endif

static struct device *add_platform(struct pci_dev *pci, int irq)
{
	struct resource *bar = &pci->resource[0];
	struct resource parts[] = {
		{ .start = bar->start, .end = bar->end, .flags = resource_type(bar), .parent = bar, .name = pci_name(pci) },
		DEFINE_RES_IRQ(irq),
	};
	struct platform_device *made =
		platform_device_register_resndata(&pci->dev, name, PLATFORM_DEVID_AUTO, parts, irq ? 2 : 1, NULL, 0);

	return IS_ERR(made) ? ERR_CAST(made) : &made->dev;
}

static int bar_device_probe(struct pci_dev *pci, const struct pci_device_id *id)
{
	struct device *made = ERR_PTR(-ENODEV);
	int irq, ret = pcim_enable_device(pci);

	if (ret)
		return ret;
	pci_set_master(pci);
	irq = pci_alloc_irq_vectors(pci, 1, 1, PCI_IRQ_ALL_TYPES) > 0 ? pci_irq_vector(pci, 0) : 0;
	if (name)
		made = add_platform(pci, irq);
#ifdef CONFIG_ARM_AMBA
	else
		made = add_amba(pci, irq);
#endif
	pci_set_drvdata(pci, made);
	return PTR_ERR_OR_ZERO(made);
}

static void bar_device_remove(struct pci_dev *pci)
{
	device_unregister(pci_get_drvdata(pci));
	pci_free_irq_vectors(pci);
}

static const struct pci_device_id bar_device_ids[] = { { PCI_DEVICE(0x1af4, 0x10f0) }, { } };
MODULE_DEVICE_TABLE(pci, bar_device_ids);

static struct pci_driver bar_device_driver = {
	.name = "bar-device",
	.id_table = bar_device_ids,
	.probe = bar_device_probe,
	.remove = bar_device_remove,
};
module_pci_driver(bar_device_driver);
MODULE_LICENSE("GPL");
