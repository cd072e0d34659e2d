// A name node and a data node in this process; prints the address, and ends with its standard input.

import java.io.File;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;

public class Cluster {
    public static void main(String[] arguments) throws Exception {
        Configuration configuration = new Configuration();
        configuration.set("dfs.replication", "1");
        MiniDFSCluster cluster =
                new MiniDFSCluster.Builder(configuration, new File(arguments[0])).numDataNodes(1).build();
        cluster.waitActive();
        System.out.println("hdfs://127.0.0.1:" + cluster.getNameNodePort());
        System.out.flush();
        System.in.read();
        cluster.shutdown();
        System.exit(0);
    }
}
