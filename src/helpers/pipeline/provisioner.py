"""Kernels forked from the warm process, by the way that Jupyter has for other ways of starting one."""

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

from helpers.pipeline.warm import Job

#: Its entry point in pyproject.toml.
NAME = "kypho-warm"


class WarmProvisioner(LocalProvisioner):
    """A local kernel whose process is a fork."""

    async def launch_kernel(self, cmd: list[str], **kwargs) -> KernelConnectionInfo:
        """Start the kernel that `cmd` (`python -m ipykernel_launcher -f FILE`) describes."""
        module = cmd.index("-m") + 1
        self.process = Job("python", cmd[module:], cwd=kwargs.get("cwd"), env=kwargs["env"])
        self.pid = self.pgid = self.process.pid
        return self.connection_info
