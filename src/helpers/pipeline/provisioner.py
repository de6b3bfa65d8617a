"""Kernels forked from the warm process, by the way that Jupyter has for other ways of starting one."""

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

from helpers.pipeline.warm import Job

#: What `python -m ipykernel_launcher` runs.
KERNEL = "ipykernel.kernelapp:launch_new_instance"


class WarmProvisioner(LocalProvisioner):
    """A local kernel whose process is a fork."""

    async def launch_kernel(self, cmd: list[str], **kwargs) -> KernelConnectionInfo:
        """Start the kernel that `cmd` (`python -m ipykernel_launcher -f FILE`) describes."""
        arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
        self.process = Job(KERNEL, arguments, cwd=kwargs.get("cwd"), env=kwargs["env"])
        self.pid = self.pgid = self.process.pid
        return self.connection_info
